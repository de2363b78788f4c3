/* autoscroll - keeps the end of the page in view while content grows, unless the user scrolled up.
 *
 * After scrolling up, a button leads back to the end. */
const NEAR_END = 40; /* px: at most this far from the end, scrolling resumes */

export function createAutoscroll({ content, dock, button }) {
    let enabled = true;
    let lastTop = window.scrollY;

    window.addEventListener('scroll', onScroll, { passive: true });
    button.addEventListener('click', toEnd);

    /* The content grows, or the message box grows over it. */
    const sizes = new ResizeObserver(() => {
        if (enabled && content.childElementCount > 0) toEnd();
        updateButton();
    });
    [content, dock].forEach((element) => sizes.observe(element));

    /* New content also increases the distance to the end; only the user scrolls up. */
    function onScroll() {
        const up = window.scrollY < lastTop;

        lastTop = window.scrollY;
        if (distanceToEnd() < NEAR_END) enabled = true;
        else if (up) enabled = false;
        updateButton();
    }

    function updateButton() {
        button.hidden = enabled || distanceToEnd() < window.innerHeight / 2;
    }

    function toEnd() {
        enabled = true;
        window.scrollTo({ top: document.documentElement.scrollHeight });
        lastTop = window.scrollY; /* its event may be merged with one of the user's */
        updateButton();
    }

    function disable() {
        enabled = false;
    }

    return { disable, toEnd };
}

function distanceToEnd() {
    const page = document.documentElement;
    return page.scrollHeight - page.scrollTop - page.clientHeight;
}
