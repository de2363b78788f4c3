/* main - starts the page: creates its parts and connects them. */
import { createComposer } from './composer/composer.js';
import { createOffTopicNotice } from './composer/off-topic-notice.js';
import { showBudget } from './conversation/budget.js';
import { createConversationView } from './conversation/conversation-view.js';
import { createConversation } from './conversation/conversation.js';
import { createApi } from './net/api.js';
import { createSettings } from './settings/settings.js';
import { startTheme } from './settings/theme.js';
import { createConversationList } from './sidebar/conversation-list.js';
import { startImport } from './sidebar/import-button.js';
import { startSearch } from './sidebar/search.js';
import { createSidebar } from './sidebar/sidebar.js';
import { language, texts } from './texts/texts.js';
import { showBanner } from './ui/banner.js';
import { button, need } from './ui/dom.js';
import { fillIcons } from './ui/icons.js';
import { startIntroduction } from './ui/introduction.js';
import { startKeyboardShortcuts } from './ui/keyboard-shortcuts.js';
import { fillTexts } from './ui/labels.js';
import { watchNetwork } from './ui/offline-notice.js';
import { createShortcutHelp } from './ui/shortcut-help.js';

const at = (id) => need(document, `#${id}`);
const announce = (text) => (at('status').textContent = text);

document.documentElement.lang = language;
document.title = texts.title;
fillTexts(document);
fillIcons(document);
startTheme(at('theme'));

const api = createApi();
const settings = createSettings({
    dialog: at('settings'),
    api,
    announce,
    onNewConversation: startNew,
});
const offTopic = createOffTopicNotice({
    element: at('off-topic'),
    hasAnswer: () => conversation.hasAnswer(),
});
const composer = createComposer({
    form: at('composer'),
    onSend: (text, edited) => conversation.send(text, edited),
    onStop: () => conversation.stop(),
    onChange: offTopic.check,
});
const view = createConversationView({
    log: at('log'),
    dock: at('dock'),
    welcome: at('welcome'),
    problem: at('problem'),
    older: at('older'),
    toEndButton: at('to-end'),
    on: {
        older: () => conversation.showOlder(),
        ask: (text) => conversation.send(text),
        edit: (turn) => conversation.edit(turn),
        rate: (turn, value) => conversation.rate(turn, value),
        regenerate: (turn) => conversation.regenerate(turn),
        reload: () => window.location.reload(),
        retry: (turn) => conversation.retry(turn),
        settings: () => settings.open(),
        switchModel: () => settings.open('model'),
        openAlternative: (id, turn) => conversation.openAlternative(id, turn),
    },
});
const conversation = createConversation({
    api,
    view,
    composer,
    announce,
    onBudget: (budget) => showBudget(at('budget'), budget),
    onChange: (id) => list.setCurrent(id),
    onSession: (session) => {
        showBanner(at('banner'), session);
        settings.show(session);
    },
});
const list = createConversationList({
    root: at('conversations'),
    api,
    showStatus: showListStatus,
    on: { open: openConversation, closed: startNew },
});
const sidebar = createSidebar({
    aside: at('sidebar'),
    drawer: at('drawer'),
    content: at('conversations'),
    openButton: at('open-conversations'),
    closeButton: at('close-conversations'),
});
const help = createShortcutHelp({ dialog: at('shortcuts'), button: at('open-shortcuts') });

startIntroduction(at('introduction'), composer.focus);
startSearch({ root: at('conversations'), api, onOpen: openConversation });
startImport({
    button: at('import-conversation'),
    field: at('import-file'),
    api,
    showStatus: showListStatus,
    onOpen: openConversation,
});
startKeyboardShortcuts({ box: at('box'), composer, conversation, help });
watchNetwork({ notice: at('offline'), onOnline: () => conversation.resendOffline() });
at('open-settings').addEventListener('click', () => settings.open());
at('new-conversation').addEventListener('click', startNew);
at('examples').append(...texts.welcome.examples.map(createExample));
/* Leaving the page closes the stream without a failure: the server goes on with the answer. */
window.addEventListener('pagehide', conversation.leave);
window.addEventListener('pageshow', (event) => event.persisted && conversation.load());
conversation.load();
composer.focus();

function openConversation(id, turnId) {
    showListStatus('');
    sidebar.closeDrawer();
    conversation.open(id, turnId);
}

async function startNew() {
    showListStatus('');
    sidebar.closeDrawer();
    await conversation.startNew();
    composer.focus();
}

/* Above the list of conversations; kind: '', 'success' or 'error'. */
function showListStatus(text, kind = '') {
    at('list-status').textContent = text;
    at('list-status').dataset.kind = kind;
    at('list-status').hidden = text === '';
}

function createExample(text) {
    const item = document.createElement('li');
    const example = button(text, () => {
        composer.setText(text);
        composer.focus();
    });

    example.className = 'btn btn-outline-secondary';
    item.append(example);
    return item;
}
