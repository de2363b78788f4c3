/* hint - says before sending that a message may be declined.  It never blocks: the server decides.
 *
 * The words are fetched when somebody types; until then, and without them, nothing is said. */
import { texts } from './texts.js';

const PAUSE_MS = 600; /* after the last key */

export function createHint({ element, isTalkOfCars }) {
    let timer = null;
    let latest = '';

    function see(text) {
        clearTimeout(timer);
        latest = text;
        if (text.trim() === '')
            show(false);
        else
            timer = setTimeout(() => judge(text), PAUSE_MS);
    }

    async function judge(text) {
        try {
            const { mayBeDeclined } = await import('./lexicon.js');
            if (text === latest) /* it may have been sent meanwhile */
                show(mayBeDeclined(text, isTalkOfCars()));
        } catch {
            show(false); /* the words could not be had: then there is no hint */
        }
    }

    function show(isDoubtful) {
        element.hidden = !isDoubtful;
        element.textContent = isDoubtful ? texts.hint : '';
    }

    return { see };
}
