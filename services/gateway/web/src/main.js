/* main - puts the page together. */
import { createApi } from './api.js';
import { showBanner } from './banner.js';
import { showBudget } from './budget.js';
import { createChat } from './chat.js';
import { createComposer } from './composer.js';
import { createHelp } from './help.js';
import { createHint } from './hint.js';
import { fillIcons } from './icons.js';
import { startKeys } from './keys.js';
import { watchNetwork } from './offline.js';
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
        switchModel: () => settings.open(),
        switchTo: (id, turn) => chat.switchTo(id, turn),
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

const help = createHelp({ dialog: at('help'), button: at('open-help') });
startKeys({ box: at('box'), composer, chat, help });
watchNetwork({ bar: at('offline'), onBack: () => chat.mend() });
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
