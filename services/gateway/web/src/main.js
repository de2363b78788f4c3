/* main - puts the page together. */
import { createApi } from './api.js';
import { showBanner } from './banner.js';
import { showBudget } from './budget.js';
import { createChat } from './chat.js';
import { createComposer } from './composer.js';
import { fillIcons } from './icons.js';
import { createSettings } from './settings.js';
import { fillTexts, language, texts } from './texts.js';
import { startTheme } from './theme.js';
import { createView } from './view.js';

const at = (id) => document.getElementById(id);
const announce = (text) => (at('status').textContent = text);

document.documentElement.lang = language;
document.title = texts.title;
fillTexts(document);
fillIcons(document);
startTheme(at('theme'));

const api = createApi();
const settings = createSettings({ dialog: at('settings'), api, announce, onNewChat: () => chat.open() });
const composer = createComposer({
    form: at('composer'),
    onSend: (text) => chat.send(text),
    onStop: () => chat.stop(),
});
const view = createView({
    log: at('log'),
    dock: at('dock'),
    welcome: at('welcome'),
    problem: at('problem'),
    older: at('older'),
    on: {
        older: () => chat.showOlder(),
        reload: () => window.location.reload(),
        retry: (turn) => chat.retry(turn),
        settings: settings.open,
    },
});
const chat = createChat({
    api,
    view,
    composer,
    announce,
    onChat: () => {},
    onBudget: (budget) => showBudget(at('budget'), budget),
    onSession: (session) => {
        showBanner(at('banner'), session);
        settings.show(session);
    },
});

at('open-settings').addEventListener('click', settings.open);
at('examples').append(...texts.welcome.examples.map(example));
/* Leaving the page breaks the stream, which is no failure: the answer goes on without us. */
window.addEventListener('pagehide', chat.leave);
window.addEventListener('pageshow', (event) => event.persisted && chat.open());
chat.open();
composer.focus();

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
