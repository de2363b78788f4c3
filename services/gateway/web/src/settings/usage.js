/* usage - a table of what the answers of the last days cost, by day and model. */
import { failureText } from '../net/failure-text.js';
import { failureFromThrown } from '../net/failure.js';
import { texts } from '../texts/texts.js';
import { need, textElement } from '../ui/dom.js';

const DAYS = 30;

/* Loads each time `details` is opened. */
export function startUsage({ details, api }) {
    const parts = ['p', '.table-frame', 'tbody', 'tfoot'].map((name) => need(details, name));
    const [status, frame, body, foot] = parts;
    const labels = texts.settings;

    details.addEventListener('toggle', () => details.open && load());

    async function load() {
        frame.hidden = true;
        status.textContent = labels.loading;
        try {
            show(await api.usage(DAYS));
        } catch (thrown) {
            status.textContent = failureText(failureFromThrown(thrown));
        }
    }

    function show({ days, total }) {
        const rows = days.map((row) => createRow([labels.day(row.day), row.model, ...cells(row)]));

        status.textContent = days.length > 0 ? labels.usageLead(DAYS) : labels.usageNone;
        frame.hidden = days.length === 0;
        body.replaceChildren(...rows);
        foot.replaceChildren(createRow([labels.usageTotal, '', ...cells(total)]));
    }

    function cells({ turns, prompt_tokens: prompt, completion_tokens: completion, cost }) {
        return [labels.number(turns), labels.number(prompt + completion), labels.money(cost)];
    }
}

function createRow([head, ...others]) {
    const row = document.createElement('tr');
    const headCell = /** @type {HTMLTableCellElement} */ (textElement('th', '', head));

    headCell.scope = 'row';
    row.append(headCell, ...others.map((text) => textElement('td', '', text)));
    return row;
}
