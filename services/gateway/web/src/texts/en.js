/* Every word the page says of its own, in English.  What went wrong on the server is told by the
 * server; here stand only the faults the page finds by itself (errors). */
const number = new Intl.NumberFormat('en');

/* At least cents; smaller sums with two digits that say something. */
function money(dollars) {
    const digits = dollars > 0 ? Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(dollars)))) : 2;
    const style = { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: digits };
    return new Intl.NumberFormat('en', style).format(dollars);
}

export default {
    skip: 'Skip to the message box',
    demo: 'Demo answers: no OpenRouter key. These are samples, not a model’s work.',
    welcome: {
        title: 'What is on your mind about your car?',
        lead: 'Ask about driving, repairs, costs, warning lights, buying or selling.',
        examples: [
            'My car shakes when I brake. What could it be?',
            'How often does the engine oil need changing?',
            'What should I check before buying a used electric car?',
            'The yellow engine light came on. May I drive on?',
        ],
    },
    theme: { toDark: 'Switch to dark colours', toLight: 'Switch to light colours' },
    composer: {
        label: 'Your message',
        placeholder: 'Ask about your car',
        keys: 'Enter sends, Shift+Enter starts a new line.',
        caution: 'Answers can be wrong: where safety is at stake, ask a workshop.',
        send: 'Send',
        stop: 'Stop the answer',
    },
    turn: {
        you: 'You',
        assistant: 'Assistant',
        sent: 'Reading your message',
        queued: (place) => (place > 0 ? `Waiting in line, place ${place}` : 'Waiting in line'),
        waiting: (seconds) => `The model is busy. Trying again in ${seconds} s.`,
        started: 'Thinking',
        writing: 'Writing',
        finished: 'The answer is complete.',
        by: (model) => `Answered by ${model}`,
        cost: (tokens, dollars) => `· ${number.format(tokens)} tokens · ${money(dollars)}`,
    },
    statuses: {
        stopped: 'You stopped this answer.',
        interrupted: 'This answer was interrupted.',
        spooled: 'Not in your history yet. It will be saved soon.',
        unsaved: 'This answer could not be saved. Copy what you need, or send the message again.',
    },
    budget: (dollars) => `This session has ${money(dollars)} left for answers.`,
    older: 'Older messages of this chat are kept, but not shown here.',
    failed: {
        back: 'Your message is back in the box.',
        retryAfter: (seconds) => `Try again in ${seconds} s.`,
        retry: 'Retry',
        settings: 'Open settings',
        reload: 'Reload',
        stop: 'Stopping did not work. The answer goes on; try again.',
    },
    errors: {
        offline: 'The server cannot be reached. Check your connection.',
        silent: 'Nothing came from the server for too long.',
        cut: 'The connection broke before the answer was complete.',
        bad_answer: 'The server answered in a way this page does not understand. Reload it.',
        broken: 'Something went wrong in this page. Reload it.',
        retracted: 'The answer was withdrawn.',
        too_long: 'That is too long.',
        down: 'The server is away just now. Try again in a moment.',
        refused: (status) => `The server refused the request (status ${status}).`,
    },
    settings: {
        open: 'Settings',
        title: 'Settings',
        close: 'Close settings',
        key: 'OpenRouter key',
        keySaved: (hint) => `Saved: ${hint}. Type a new one to replace it.`,
        keyNone: 'None saved. A key you enter is sealed at once and never shown again.',
        test: 'Test',
        testing: 'Asking OpenRouter…',
        remember: 'Remember my key',
        rememberHelp: 'Otherwise it is forgotten when your session ends.',
        deleteKey: 'Delete saved key',
        model: 'Model',
        modelHelp: 'The name of a model on OpenRouter. “openrouter/free” picks one that costs nothing.',
        clearChat: 'Start a new chat',
        clearChatHelp: 'Begin with an empty page. This chat stays stored until you clear everything.',
        clearAll: 'Clear everything',
        clearAllHelp: 'Delete your chats, your key and your session for good.',
        save: 'Save',
        saved: 'Settings saved.',
        keyDeleted: 'The key was deleted.',
        works: 'The key works.',
        label: (label) => `Name: ${label}.`,
        credit: (dollars) => `Credit left: $${dollars.toFixed(2)}.`,
        freeTier: 'Free tier.',
        freeRequests: (count) => `Free requests left: ${count}.`,
    },
    confirm: {
        no: 'Cancel',
        clearAll: {
            title: 'Clear everything?',
            text: 'Your chats, your saved key and your session are deleted. This cannot be undone.',
            yes: 'Clear everything',
        },
    },
};
