/* composer - the box one types in.
 *
 * What is typed is kept in the browser until the server has it for good, so a reload or a failure never
 * loses it: a draft for each chat.  While an earlier message is edited the draft waits aside. */
import { draftOf, editOf, forgetEdit, keepDraft, keepEdit } from './drafts.js';
import { keep, kept } from './keep.js';
import { texts } from './texts.js';

export function createComposer({ form, onSend, onStop, onChange = () => {} }) {
    const part = (selector) => form.querySelector(selector);
    const box = part('textarea');
    const [sendButton, stopButton, bar] = ['#send', '#stop', '#editing'].map(part);
    let busy = false;
    let chat = kept('chat'); /* the one shown last, until we know better */
    let edited = null; /* the turn that is edited */
    let aside = ''; /* the draft, meanwhile */

    box.placeholder = texts.composer.placeholder;
    setText(draftOf(chat));

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
            onSend(text, edited);
    });
    stopButton.addEventListener('click', () => {
        stopButton.disabled = true;
        onStop();
    });
    part('#stop-editing').addEventListener('click', () => {
        stopEdit();
        box.focus();
    });
    window.addEventListener('resize', fit);

    function setText(text) {
        box.value = text;
        changed();
    }

    function changed() {
        if (edited)
            keepEdit(chat, edited.id, box.value);
        else
            keepDraft(chat, box.value);
        sendButton.disabled = box.value.trim() === '';
        fit();
        onChange(box.value);
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

    /* ... and leaves again the same way when it is sent.  An edit of something else stays. */
    function take(text) {
        const rest = box.value.trimStart();
        if (edited && holds(text))
            stopEdit();
        else if (!edited && rest.startsWith(text))
            setText(rest.slice(text.length).trimStart());
    }

    function holds(text) {
        return box.value.trim() === text;
    }

    /* ---- the chat whose draft it is ---- */

    function enter(id) {
        if (id === chat)
            return;
        leaveEdit();
        chat = id;
        keep('chat', id);
        setText(draftOf(id));
    }

    /* The same talk got a name, or another one. */
    function moveTo(id) {
        keepDraft(chat, '');
        chat = id;
        keep('chat', id);
        if (edited)
            keepDraft(chat, aside);
        changed();
    }

    /* ---- editing an earlier message ---- */

    function startEdit(turn, text) {
        if (!edited)
            aside = box.value;
        edited = turn;
        bar.hidden = false;
        setText(text);
        box.focus();
        box.setSelectionRange(text.length, text.length);
    }

    function stopEdit() {
        forgetEdit();
        leaveEdit();
    }

    function leaveEdit() {
        if (!edited)
            return;
        edited = null;
        bar.hidden = true;
        setText(aside);
    }

    /* An edit that a reload cut off; where its turn is not to be seen the text is at least a draft. */
    function resumeEdit(turns) {
        const left = editOf(chat);
        const turn = left && turns.find(({ id }) => id === left.turnId);

        if (turn)
            startEdit(turn, left.text);
        else if (left) {
            forgetEdit();
            giveBack(left.text);
        }
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

    return {
        enter, focus: () => box.focus(), giveBack, holds, isEditing: () => edited !== null, moveTo, resumeEdit, setBusy, setText,
        startEdit, stopEdit, stopFailed, take,
    };
}
