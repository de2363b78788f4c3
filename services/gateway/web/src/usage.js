/* usage - what the answers of the last days cost, by day and model. */
import { failureOfThrown } from './failure.js';
import { texts } from './texts.js';
import { reasonOf } from './words.js';

const DAYS = 30;

/* Loaded each time it is unfolded. */
export function startUsage({ details, api }) {
    const [said, frame, body, foot] = ['p', '.table-frame', 'tbody', 'tfoot'].map((name) => details.querySelector(name));
    const words = texts.settings;

    details.addEventListener('toggle', () => details.open && load());

    async function load() {
        frame.hidden = true;
        said.textContent = texts.chats.loading;
        try {
            show(await api.usage(DAYS));
        } catch (thrown) {
            said.textContent = reasonOf(failureOfThrown(thrown));
        }
    }

    function show({ days, total }) {
        said.textContent = days.length > 0 ? words.usageLead(DAYS) : words.usageNone;
        frame.hidden = days.length === 0;
        body.replaceChildren(...days.map((row) => rowOf([words.day(row.day), row.model, ...countsOf(row)])));
        foot.replaceChildren(rowOf([words.usageTotal, '', ...countsOf(total)]));
    }

    function countsOf({ turns, prompt_tokens: prompt, completion_tokens: completion, cost }) {
        return [words.number(turns), words.number(prompt + completion), words.money(cost)];
    }
}

function rowOf([first, ...others]) {
    const row = document.createElement('tr');

    row.append(cell('th', first), ...others.map((text) => cell('td', text)));
    row.firstElementChild.scope = 'row';
    return row;
}

function cell(name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
}
