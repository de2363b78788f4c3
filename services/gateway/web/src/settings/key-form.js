/* key-form - the fields for the OpenRouter key in the settings. */
import { texts } from '../texts/texts.js';

/* part(id): the element of that id in the dialog. */
export function createKeyForm(part) {
    const [field, remember] = ['key', 'remember'].map(part);
    const labels = texts.settings;

    function show({ has_api_key: hasKey, api_key_hint: hint }) {
        part('key-status').textContent = hasKey ? labels.keySaved(hint) : labels.keyNone;
        part('delete-key').hidden = !hasKey;
    }

    /* The part of a request; without a new key "remember" means nothing. */
    function typed() {
        const key = field.value.trim();
        return key ? { api_key: key, remember: remember.checked } : {};
    }

    function reset() {
        field.value = '';
        remember.checked = true;
    }

    /* The reply to a key test as text. */
    function describe(reply) {
        const { label, limit_remaining: left, free_requests_left: requests } = reply;

        return [
            labels.keyWorks,
            label && labels.keyLabel(label),
            typeof left === 'number' ? labels.credit(left) : labels.noLimit,
            reply.is_free_tier && labels.freeTier,
            typeof requests === 'number' && labels.freeRequests(requests),
        ]
            .filter(Boolean)
            .join(' ');
    }

    return { describe, reset, show, typed };
}
