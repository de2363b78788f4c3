/* follow - the page follows its end while text arrives, unless the person has scrolled up.
 *
 * Then a button leads back to the newest. */
const NEAR_END = 40; /* px: closer than this the page follows */

export function createFollow({ log, dock, button }) {
    let following = true;
    let lastTop = window.scrollY;

    window.addEventListener('scroll', () => {
        const up = window.scrollY < lastTop;
        lastTop = window.scrollY;
        /* Text that arrives also parts the page from its end; only scrolling up is the person's wish. */
        if (distanceToEnd() < NEAR_END)
            following = true;
        else if (up)
            following = false;
        show();
    }, { passive: true });
    button.addEventListener('click', toEnd);

    /* Text arrives, or the box grows over it. */
    const sizes = new ResizeObserver(() => {
        if (following && log.childElementCount > 0)
            toEnd();
        show();
    });
    [log, dock].forEach((element) => sizes.observe(element));

    function show() {
        button.hidden = following || distanceToEnd() < window.innerHeight / 2;
    }

    function toEnd() {
        following = true;
        window.scrollTo({ top: document.documentElement.scrollHeight });
        lastTop = window.scrollY; /* its event may come together with that of the person */
        show();
    }

    function stay() {
        following = false;
    }

    return { toEnd, stay };
}

function distanceToEnd() {
    const page = document.documentElement;
    return page.scrollHeight - page.scrollTop - page.clientHeight;
}
