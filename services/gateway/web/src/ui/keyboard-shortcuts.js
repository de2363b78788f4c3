/* keyboard-shortcuts - the shortcuts of the page (listed for users in texts.shortcuts). */

export function startKeyboardShortcuts({ box, composer, conversation, help }) {
    document.addEventListener('keydown', (event) => {
        const action = findAction(event);

        if (!action) return;
        event.preventDefault();
        action();
    });

    function findAction(event) {
        const { key, target } = event;
        const isModified = event.ctrlKey || event.altKey || event.metaKey;

        if (event.isComposing || isModified || event.defaultPrevented) return null;
        /* dialogs and popovers handle their own keys */
        if (document.querySelector('dialog[open], :popover-open')) return null;
        if (key === 'Escape') return target === box || !isTextField(target) ? escape() : null;
        if (key === 'ArrowUp' && target === box && box.value === '') return conversation.editLast;
        return isTextField(target) ? null : { '?': help.open, '/': composer.focus }[key];
    }

    function escape() {
        if (composer.isEditing()) return composer.stopEdit;
        return conversation.isBusy() ? conversation.stop : null;
    }
}

function isTextField(element) {
    return element.matches('input, textarea, select, [contenteditable]');
}
