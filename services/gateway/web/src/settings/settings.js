/* settings - the dialog for key, model, appearance and language, and for deleting data.
 *
 * The key goes one way: it is typed, sent and forgotten here.  The server returns only its ends. */
import { loadItem, storeItem } from '../base/storage.js';
import { failureText } from '../net/failure-text.js';
import { failureFromThrown } from '../net/failure.js';
import { languages, storeLanguage, texts } from '../texts/texts.js';
import { confirmAction } from '../ui/confirm.js';
import { need } from '../ui/dom.js';
import { createKeyForm } from './key-form.js';
import { createModelPicker } from './model-picker.js';
import { startUsage } from './usage.js';

export function createSettings({ dialog, api, announce, onNewConversation }) {
    const part = (id) => need(dialog, `#${id}`);
    const [model, language, result] = ['model', 'language', 'settings-result'].map(part);
    const labels = texts.settings;
    const key = createKeyForm(part);
    const picker = createModelPicker({
        field: model,
        list: part('models'),
        onlyFree: part('only-free'),
        status: part('models-status'),
        load: api.models,
    });
    let saved = {}; /* the server's settings */

    startUsage({ details: part('usage'), api });
    language.append(...Object.entries(languages).map(createLanguageOption));
    need(dialog, '[data-close]').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', key.reset);
    part('settings-form').addEventListener('submit', (event) => {
        event.preventDefault();
        attempt(save);
    });
    part('test-key').addEventListener('click', () => attempt(testKey));
    part('delete-key').addEventListener('click', () => attempt(deleteKey));
    part('clear-all').addEventListener('click', () => attempt(clearAll));
    part('clear-conversation').addEventListener('click', () => {
        dialog.close();
        onNewConversation();
    });

    /* section 'model': opens the list of models. */
    function open(section = '') {
        showResult('');
        show(saved);
        language.value = loadItem('language') ?? '';
        part('usage').open = false;
        dialog.showModal();
        if (section === 'model') {
            model.focus();
            picker.open();
        }
    }

    /* settings: the reply of get_session_data or save_settings. */
    function show(settings) {
        saved = settings;
        key.show(settings);
        model.value = settings.model ?? '';
    }

    async function save() {
        const reply = await api.saveSettings({ ...key.typed(), model: typedModel() });

        show(reply);
        if (reply.warning) {
            showResult(labels.unusualKey, 'error'); /* stays open, so that the key can be tested */
            return;
        }
        dialog.close();
        announce(labels.saved);
        changeLanguage();
    }

    function changeLanguage() {
        if (language.value === (loadItem('language') ?? '')) return;
        storeLanguage(language.value || null);
        window.location.reload();
    }

    async function testKey() {
        showResult(labels.testing);
        const { api_key: typed } = key.typed();
        const reply = await api.testKey({ api_key: typed, model: typedModel() });
        showResult(key.describe(reply), 'success');
    }

    async function deleteKey() {
        show(await api.saveSettings({ api_key: null }));
        showResult(labels.keyDeleted, 'success');
    }

    async function clearAll() {
        if (!(await confirmAction(texts.confirm.clearAll))) return;
        await api.clearSession();
        ['draft', 'edit', 'pending'].forEach((name) => storeItem(name, null));
        window.location.reload();
    }

    function typedModel() {
        return model.value.trim() || undefined;
    }

    /* Runs an action with all buttons disabled, and shows its failure. */
    async function attempt(action) {
        const buttons = dialog.querySelectorAll('button');
        const focused = document.activeElement;

        showResult('');
        buttons.forEach((button) => (button.disabled = true));
        try {
            await action();
        } catch (thrown) {
            showResult(failureText(failureFromThrown(thrown)), 'error');
        } finally {
            buttons.forEach((button) => (button.disabled = false));
            if (dialog.open) restoreFocus(focused); /* a disabled button loses the focus */
        }
    }

    function restoreFocus(element) {
        (element.checkVisibility() ? element : part('key')).focus();
    }

    function showResult(text, kind = '') {
        result.textContent = text;
        result.dataset.kind = kind;
    }

    return { open, show };
}

function createLanguageOption([tag, { name }]) {
    const option = new Option(name, tag);

    option.lang = tag;
    return option;
}
