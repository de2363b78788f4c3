/* settings - the dialog for key, model, looks and language, and for starting afresh.
 *
 * The key goes one way: it is typed, sent and forgotten here.  The server only ever gives back a hint. */
import { confirmed } from './confirm.js';
import { failureOfThrown } from './failure.js';
import { keep, kept } from './keep.js';
import { createModelPicker } from './model-picker.js';
import { chooseLanguage, languages, texts } from './texts.js';
import { startUsage } from './usage.js';
import { reasonOf } from './words.js';

export function createSettings({ dialog, api, announce, onNewChat }) {
    const part = (id) => dialog.querySelector(`#${id}`);
    const [key, model, remember, language] = ['key', 'model', 'remember', 'language'].map(part);
    const words = texts.settings;
    let now = {}; /* what is saved */
    const picker = createModelPicker({
        field: model, list: part('models'), onlyFree: part('only-free'), said: part('models-said'), load: api.models,
    });

    startUsage({ details: part('usage'), api });
    language.append(...Object.entries(languages).map(([name, { name: ownName }]) => new Option(ownName, name)));
    [...language.options].slice(1).forEach((option) => (option.lang = option.value));

    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', forgetTyped);
    part('settings-form').addEventListener('submit', (event) => {
        event.preventDefault();
        tried(save);
    });
    part('test-key').addEventListener('click', () => tried(test));
    part('delete-key').addEventListener('click', () => tried(deleteKey));
    part('clear-chat').addEventListener('click', clearChat);
    part('clear-all').addEventListener('click', () => tried(clearAll));

    /* 'model': the person wants another one. */
    function open(what = '') {
        say('');
        show(now);
        language.value = kept('language') ?? '';
        part('usage').open = false;
        dialog.showModal();
        if (what === 'model') {
            model.focus();
            picker.open();
        }
    }

    /* From get_session_data and from the answer to save_settings alike. */
    function show(settings) {
        const { has_api_key: hasKey, api_key_hint: hint, model: name } = settings;

        now = settings;
        part('key-hint').textContent = hasKey ? words.keySaved(hint) : words.keyNone;
        part('delete-key').hidden = !hasKey;
        model.value = name ?? '';
    }

    async function save() {
        const saved = await api.saveSettings({ ...typedKey(), model: typedModel() });
        show(saved);
        if (saved.warning) {
            say(words.oddKey, 'bad');
            return; /* the dialog stays open: the key is there to be tested */
        }
        dialog.close();
        announce(words.saved);
        changeLanguage();
    }

    function changeLanguage() {
        if (language.value === (kept('language') ?? ''))
            return;
        chooseLanguage(language.value || null);
        window.location.reload();
    }

    async function test() {
        say(words.testing);
        const { api_key: typed } = typedKey();
        say(verdict(await api.testKey({ api_key: typed, model: typedModel() })), 'good');
    }

    async function deleteKey() {
        show(await api.saveSettings({ api_key: null }));
        say(words.keyDeleted, 'good');
    }

    function clearChat() {
        dialog.close();
        onNewChat();
    }

    async function clearAll() {
        if (!(await confirmed(texts.confirm.clearAll)))
            return;
        await api.clearSession();
        keep('draft', null);
        keep('edit', null);
        keep('pending', null);
        window.location.reload();
    }

    /* "Remember" belongs to a key: without a new one there is nothing to say about it. */
    function typedKey() {
        const typed = key.value.trim();
        return typed ? { api_key: typed, remember: remember.checked } : {};
    }

    function typedModel() {
        return model.value.trim() || undefined;
    }

    function forgetTyped() {
        key.value = '';
        remember.checked = true;
    }

    function verdict({ label, limit_remaining: left, is_free_tier: freeTier, free_requests_left: requests }) {
        return [
            words.works,
            label && words.label(label),
            typeof left === 'number' ? words.credit(left) : words.noLimit,
            freeTier && words.freeTier,
            typeof requests === 'number' && words.freeRequests(requests),
        ].filter(Boolean).join(' ');
    }

    async function tried(action) {
        const buttons = dialog.querySelectorAll('button');
        const focused = document.activeElement;

        say('');
        buttons.forEach((button) => (button.disabled = true));
        try {
            await action();
        } catch (thrown) {
            say(reasonOf(failureOfThrown(thrown)), 'bad');
        } finally {
            buttons.forEach((button) => (button.disabled = false));
            if (dialog.open) /* a button that is disabled loses the focus */
                (focused.checkVisibility() ? focused : key).focus();
        }
    }

    function say(text, mood = '') {
        const result = part('settings-result');
        result.textContent = text;
        result.dataset.mood = mood;
    }

    return { open, show };
}
