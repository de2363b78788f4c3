/* main - puts the page together. */
import { createApi } from './api.js';
import { showBanner, startFirstVisit } from './banner.js';
import { showBudget } from './budget.js';
import { createChat } from './chat.js';
import { createChats } from './chats.js';
import { createComposer } from './composer.js';
import { failureOfThrown } from './failure.js';
import { createHelp } from './help.js';
import { createHint } from './hint.js';
import { fillIcons } from './icons.js';
import { chatOf } from './import.js';
import { startKeys } from './keys.js';
import { watchNetwork } from './offline.js';
import { startSearch } from './search.js';
import { createSettings } from './settings.js';
import { createSidebar } from './sidebar.js';
import { fillTexts, language, texts } from './texts.js';
import { startTheme } from './theme.js';
import { createView } from './view.js';
import { reasonOf } from './words.js';

const at = (id) => document.getElementById(id);
const announce = (text) => (at('status').textContent = text);

document.documentElement.lang = language;
document.title = texts.title;
fillTexts(document);
fillIcons(document);
startTheme(at('theme'));
startFirstVisit(at('first-visit'));

const api = createApi();
const settings = createSettings({ dialog: at('settings'), api, announce, onNewChat: startNew });
const hint = createHint({ element: at('hint'), isTalkOfCars: () => chat.isTalk() });
const composer = createComposer({
    form: at('composer'),
    onSend: (text, edited) => chat.send(text, edited),
    onStop: () => chat.stop(),
    onChange: hint.see,
});
const view = createView({
    log: at('log'),
    dock: at('dock'),
    welcome: at('welcome'),
    problem: at('problem'),
    older: at('older'),
    toEndButton: at('to-end'),
    on: {
        older: () => chat.showOlder(),
        ask: (text) => chat.send(text),
        edit: (turn) => chat.edit(turn),
        judge: (turn, value) => chat.judge(turn, value),
        regenerate: (turn) => chat.regenerate(turn),
        reload: () => window.location.reload(),
        retry: (turn) => chat.retry(turn),
        settings: settings.open,
        switchModel: () => settings.open('model'),
        switchTo: (id, turn) => chat.switchTo(id, turn),
    },
});
const chat = createChat({
    api,
    view,
    composer,
    announce,
    onBudget: (budget) => showBudget(at('budget'), budget),
    onChat: (id) => chats.setCurrent(id),
    onSession: (session) => {
        showBanner(at('banner'), session);
        settings.show(session);
    },
});
const chats = createChats({ root: at('chats'), api, say, on: { open: openChat, closed: startNew } });
const sidebar = createSidebar({
    aside: at('sidebar'),
    drawer: at('drawer'),
    content: at('chats'),
    openButton: at('open-chats'),
    closeButton: at('close-chats'),
});
const help = createHelp({ dialog: at('help'), button: at('open-help') });

startSearch({ root: at('chats'), api, onOpen: openChat });
startKeys({ box: at('box'), composer, chat, help });
watchNetwork({ bar: at('offline'), onBack: () => chat.mend() });
at('open-settings').addEventListener('click', settings.open);
at('new-chat').addEventListener('click', startNew);
at('import-chat').addEventListener('click', () => at('import-file').click());
at('import-file').addEventListener('change', importChat);
at('examples').append(...texts.welcome.examples.map(example));
/* Leaving the page breaks the stream, which is no failure: the answer goes on without us. */
window.addEventListener('pagehide', chat.leave);
window.addEventListener('pageshow', (event) => event.persisted && chat.open());
chat.open();
composer.focus();

function openChat(id, turn) {
    say('');
    sidebar.done();
    chat.openConversation(id, turn);
}

async function startNew() {
    say('');
    sidebar.done();
    await chat.startNew();
    composer.focus();
}

async function importChat({ target }) {
    const [file] = target.files;

    target.value = ''; /* so that the same file can be chosen again */
    try {
        const { conversation_id: id } = await api.importChat(await chatOf(file));
        openChat(id);
        say(texts.chats.imported, 'good');
    } catch (thrown) {
        say(reasonOf(failureOfThrown(thrown)), 'bad');
    }
}

/* Above the list of chats. */
function say(text, mood = '') {
    at('chats-said').textContent = text;
    at('chats-said').dataset.mood = mood;
    at('chats-said').hidden = text === '';
}

function example(text) {
    const item = document.createElement('li');
    const button = document.createElement('button');

    button.type = 'button';
    button.className = 'btn btn-outline-secondary';
    button.textContent = text;
    button.addEventListener('click', () => {
        composer.setText(text);
        composer.focus();
    });
    item.append(button);
    return item;
}
