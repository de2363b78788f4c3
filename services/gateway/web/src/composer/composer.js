/* composer - the message box.
 *
 * The text is stored in the browser until the server has it, as one draft for each conversation, so
 * a reload or a failure never loses it.  While an earlier message is being edited the draft is set
 * aside (edit-state.js). */
import { loadItem, storeItem } from '../base/storage.js';
import { texts } from '../texts/texts.js';
import { need } from '../ui/dom.js';
import { draftOf, storeDraft } from './drafts.js';
import { createEditState } from './edit-state.js';
import { createSendButtons } from './send-buttons.js';

export function createComposer({ form, onSend, onStop, onChange = (_text) => {} }) {
    const part = (selector) => need(form, selector);
    const [box, send, stop] = ['textarea', '#send', '#stop'].map(part);
    const buttons = createSendButtons({ send, stop, box, onStop });
    const edit = createEditState({ notice: part('#editing'), getText: () => box.value, setText });
    let conversation = loadItem('conversation'); /* shown last; the server's reply corrects it */

    box.placeholder = texts.composer.placeholder;
    setText(draftOf(conversation));

    box.addEventListener('input', changed);
    box.addEventListener('keydown', submitOnEnter);
    form.addEventListener('submit', submit);
    part('#stop-editing').addEventListener('click', () => {
        edit.stop();
        box.focus();
    });
    window.addEventListener('resize', resize);

    function submit(event) {
        const text = box.value.trim();

        event.preventDefault();
        if (text && !buttons.isBusy()) onSend(text, edit.turn());
    }

    function setText(text) {
        box.value = text;
        changed();
    }

    function changed() {
        if (edit.turn()) edit.store(conversation);
        else storeDraft(conversation, box.value);
        buttons.setSendable(box.value.trim() !== '');
        resize();
        onChange(box.value);
    }

    /* Grows the box with its text, up to the limit in the style sheet. */
    function resize() {
        box.style.height = 'auto';
        box.style.height = `${box.scrollHeight}px`;
    }

    /* Puts a message back, in front of what was typed since ... */
    function restore(text) {
        if (!box.value.startsWith(text)) setText(box.value ? `${text}\n\n${box.value}` : text);
    }

    /* ... and removes it again when it is sent.  An edit of another message stays. */
    function take(text) {
        const rest = box.value.trimStart();

        if (edit.turn() && holds(text)) edit.stop();
        else if (!edit.turn() && rest.startsWith(text))
            setText(rest.slice(text.length).trimStart());
    }

    function holds(text) {
        return box.value.trim() === text;
    }

    /* Another conversation is shown: its draft replaces the text. */
    function enter(id) {
        if (id === conversation) return;
        edit.leave();
        conversation = id;
        storeItem('conversation', id);
        setText(draftOf(id));
    }

    /* The conversation got another id: the draft moves with it. */
    function moveTo(id) {
        storeDraft(conversation, '');
        conversation = id;
        storeItem('conversation', id);
        if (edit.turn()) storeDraft(conversation, edit.draft());
        changed();
    }

    function startEdit(turn, text) {
        edit.start(turn, text);
        box.focus();
        box.setSelectionRange(text.length, text.length);
    }

    /* Resumes an edit after a reload; if its turn is not on the page the text becomes a draft. */
    function resumeEdit(turns) {
        const stored = edit.stored(conversation);
        const turn = stored && turns.find(({ id }) => id === stored.turnId);

        if (turn) startEdit(turn, stored.text);
        else if (stored) {
            edit.forget();
            restore(stored.text);
        }
    }

    return {
        enter,
        focus: () => box.focus(),
        holds,
        isEditing: () => edit.turn() !== null,
        moveTo,
        restore,
        resumeEdit,
        setBusy: buttons.setBusy,
        setText,
        startEdit,
        stopEdit: edit.stop,
        stopFailed: buttons.stopFailed,
        take,
    };
}

function submitOnEnter(event) {
    /* while an input method is composing, Enter selects a candidate */
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
}
