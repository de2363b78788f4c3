/* settings - the dialog for key and model, and for starting afresh.
 *
 * The key goes one way: it is typed, sent and forgotten here.  The server only ever gives back a hint. */
import { confirmed } from './confirm.js';
import { failureOfThrown } from './failure.js';
import { keep } from './keep.js';
import { texts } from './texts.js';
import { reasonOf } from './words.js';

export function createSettings({ dialog, api, announce, onNewChat }) {
    const part = (id) => dialog.querySelector(`#${id}`);
    const [key, model, remember] = ['key', 'model', 'remember'].map(part);
    const words = texts.settings;

    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', forgetTyped);
    part('settings-form').addEventListener('submit', (event) => {
        event.preventDefault();
        tried(save);
    });
    part('test-key').addEventListener('click', () => tried(test));
    part('delete-key').addEventListener('click', () => tried(deleteKey));
    part('clear-chat').addEventListener('click', () => tried(clearChat));
    part('clear-all').addEventListener('click', () => tried(clearAll));

    function open() {
        say('');
        dialog.showModal();
    }

    /* From get_session_data and from the answer to save_settings alike. */
    function show({ has_api_key: hasKey, api_key_hint: hint, model: name }) {
        part('key-hint').textContent = hasKey ? words.keySaved(hint) : words.keyNone;
        part('delete-key').hidden = !hasKey;
        model.value = name ?? '';
    }

    async function save() {
        const saved = await api.saveSettings({ ...typedKey(), model: typedModel() });
        show(saved);
        if (saved.warning) {
            say(saved.warning, 'bad');
            return; /* the dialog stays open: the key is there to be tested */
        }
        dialog.close();
        announce(words.saved);
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

    async function clearChat() {
        await api.clearChat();
        keep('pending', null);
        dialog.close();
        onNewChat();
    }

    async function clearAll() {
        if (!(await confirmed(texts.confirm.clearAll)))
            return;
        await api.clearSession();
        keep('draft', null);
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
            typeof left === 'number' && words.credit(left),
            freeTier && words.freeTier,
            typeof requests === 'number' && words.freeRequests(requests),
        ].filter(Boolean).join(' ');
    }

    async function tried(action) {
        const buttons = dialog.querySelectorAll('button');

        say('');
        buttons.forEach((button) => (button.disabled = true));
        try {
            await action();
        } catch (thrown) {
            say(reasonOf(failureOfThrown(thrown)), 'bad');
        } finally {
            buttons.forEach((button) => (button.disabled = false));
        }
    }

    function say(text, mood = '') {
        const result = part('settings-result');
        result.textContent = text;
        result.dataset.mood = mood;
    }

    return { open, show };
}
