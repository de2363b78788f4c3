/* off-topic-notice - warns before sending that a message may be declined.
 *
 * It never blocks: the server decides.  The lexicon is loaded when the user starts typing; without
 * it no notice is shown. */
import { texts } from '../texts/texts.js';

const PAUSE_MS = 600; /* after the last key */

/* hasAnswer(): the conversation is already about cars. */
export function createOffTopicNotice({ element, hasAnswer }) {
    let timer = null;
    let latest = '';

    function check(text) {
        clearTimeout(timer);
        latest = text;
        if (text.trim() === '') show(false);
        else timer = setTimeout(() => classify(text), PAUSE_MS);
    }

    async function classify(text) {
        try {
            const { mayBeDeclined } = await import('./topic-lexicon.js');
            if (text === latest) show(mayBeDeclined(text, hasAnswer())); /* not changed since */
        } catch {
            show(false); /* the lexicon could not be loaded */
        }
    }

    function show(isVisible) {
        element.hidden = !isVisible;
        element.textContent = isVisible ? texts.offTopic : '';
    }

    return { check };
}
