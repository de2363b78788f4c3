/* composer - the box one types in.
 *
 * What is typed is kept in the browser until the server has it for good, so a reload or a failure
 * never loses it. */
import { keep, kept } from './keep.js';
import { texts } from './texts.js';

export function createComposer({ form, onSend, onStop }) {
    const box = form.querySelector('textarea');
    const sendButton = form.querySelector('#send');
    const stopButton = form.querySelector('#stop');
    let busy = false;

    box.placeholder = texts.composer.placeholder;
    box.value = kept('draft') ?? '';
    changed();

    box.addEventListener('input', changed);
    box.addEventListener('keydown', (event) => {
        /* While an input method is composing, Enter only picks a word. */
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing)
            return;
        event.preventDefault();
        form.requestSubmit();
    });
    form.addEventListener('submit', (event) => {
        event.preventDefault();
        const text = box.value.trim();
        if (text && !busy)
            onSend(text);
    });
    stopButton.addEventListener('click', () => {
        stopButton.disabled = true;
        onStop();
    });
    window.addEventListener('resize', fit);

    function setText(text) {
        box.value = text;
        changed();
    }

    function changed() {
        keep('draft', box.value || null);
        sendButton.disabled = box.value.trim() === '';
        fit();
    }

    /* The box grows with its text up to the limit in the style sheet. */
    function fit() {
        box.style.height = 'auto';
        box.style.height = `${box.scrollHeight}px`;
    }

    /* A message comes back in front of what was typed meanwhile ... */
    function giveBack(text) {
        if (!box.value.startsWith(text))
            setText(box.value ? `${text}\n\n${box.value}` : text);
    }

    /* ... and leaves again the same way when it is sent. */
    function take(text) {
        const rest = box.value.trimStart();
        if (rest.startsWith(text))
            setText(rest.slice(text.length).trimStart());
    }

    function setBusy(isBusy) {
        const moveFocus = document.activeElement === (isBusy ? sendButton : stopButton);

        busy = isBusy;
        sendButton.hidden = isBusy;
        stopButton.hidden = !isBusy;
        stopButton.disabled = false;
        if (moveFocus)
            box.focus();
    }

    function stopFailed() {
        stopButton.disabled = false;
    }

    return { focus: () => box.focus(), giveBack, setBusy, setText, stopFailed, take };
}
