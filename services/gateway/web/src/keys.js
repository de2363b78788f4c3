/* keys - what the keyboard does beside typing (texts.help tells people). */

export function startKeys({ box, composer, chat, help }) {
    document.addEventListener('keydown', (event) => {
        const action = actionOf(event);

        if (!action)
            return;
        event.preventDefault();
        action();
    });

    function actionOf(event) {
        if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented)
            return null;
        if (document.querySelector('dialog[open], :popover-open'))
            return null; /* it closes itself */
        if (event.key === 'Escape')
            return event.target === box || !isText(event.target) ? escape() : null;
        if (event.key === 'ArrowUp' && event.target === box && box.value === '')
            return chat.editLast;
        return isText(event.target) ? null : { '?': help.open, '/': composer.focus }[event.key];
    }

    function escape() {
        if (composer.isEditing())
            return composer.stopEdit;
        return chat.isBusy() ? chat.stop : null;
    }
}

function isText(element) {
    return element.matches('input, textarea, select, [contenteditable]');
}
