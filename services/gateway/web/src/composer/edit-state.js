/* edit-state - the earlier message that is being edited, and the draft set aside meanwhile. */
import { forgetEdit, storedEdit, storeEdit } from './drafts.js';

export function createEditState({ notice, getText, setText }) {
    let edited = null; /* the turn */
    let draft = '';

    function start(turn, text) {
        if (!edited) draft = getText();
        edited = turn;
        notice.hidden = false;
        setText(text);
    }

    /* The user has finished or cancelled the edit. */
    function stop() {
        forgetEdit();
        leave();
    }

    /* Brings the draft back; the edit stays in the browser's storage. */
    function leave() {
        if (!edited) return;
        edited = null;
        notice.hidden = true;
        setText(draft);
    }

    return {
        draft: () => draft,
        forget: forgetEdit,
        leave,
        start,
        stop,
        store: (conversation) => storeEdit(conversation, edited.id, getText()),
        stored: storedEdit,
        turn: () => edited,
    };
}
