/* model-picker - a text field for a model's name with a list of suggestions.
 *
 * An ARIA combobox: the focus stays in the field, the arrow keys move through the list, Enter
 * selects, and Escape closes only the list.  Names that are not listed are accepted, too. */
import { texts } from '../texts/texts.js';
import { textElement } from '../ui/dom.js';
import { modelDetails, searchModels } from './model-search.js';

const ARROWS = { ArrowDown: 1, ArrowUp: -1 };

export function createModelPicker({ field, list, onlyFree, status, load }) {
    const labels = texts.settings;
    let models = null; /* null: not loaded yet */
    let shown = [];
    let active = -1;
    let query = ''; /* '' until the user types: the whole list is shown, whatever is selected */

    field.addEventListener('focus', open);
    field.addEventListener('click', open);
    field.addEventListener('blur', close);
    field.addEventListener('input', () => {
        query = field.value;
        open();
    });
    field.addEventListener('keydown', onKey);
    onlyFree.addEventListener('change', () => (query = ''));
    list.addEventListener('pointerdown', (event) => event.preventDefault()); /* keeps the focus */
    list.addEventListener('click', (event) => {
        const option = event.target.closest('[role="option"]');
        if (option) select(shown[option.dataset.at]);
    });

    async function open() {
        field.setAttribute('aria-expanded', 'true');
        list.hidden = false;
        draw();
        if (models) return;
        try {
            models = (await load()).models;
            draw();
        } catch {
            status.textContent = labels.modelsFailed;
            close();
        }
    }

    function draw() {
        shown = searchModels(models ?? [], query, onlyFree.checked);
        list.replaceChildren(...shown.map(createOption));
        setActive(-1);
        if (!models) return;
        status.textContent = shown.length > 0 ? labels.modelsFound(shown.length) : labels.noModels;
        list.hidden = list.hidden || shown.length === 0;
    }

    function createOption(model, at) {
        const option = document.createElement('li');
        const name = textElement('span', 'model-name', model.name);

        option.id = `model-${at}`;
        option.dataset.at = String(at);
        option.setAttribute('role', 'option');
        option.setAttribute('aria-selected', String(model.id === field.value));
        if (model.free) name.append(' ', textElement('span', 'model-free', labels.free));
        option.append(
            name,
            textElement('span', 'model-id', model.id),
            textElement('span', 'model-details', modelDetails(model)),
        );
        return option;
    }

    function onKey(event) {
        const isOpen = !list.hidden;

        if (event.key in ARROWS && isOpen) moveActive(ARROWS[event.key]);
        else if (event.key in ARROWS) open();
        else if (event.key === 'Enter' && isOpen && active >= 0) select(shown[active]);
        else if (event.key === 'Escape' && isOpen) close();
        else return;
        event.preventDefault();
    }

    function moveActive(by) {
        setActive(Math.max(0, Math.min(shown.length - 1, active + by)));
    }

    function setActive(at) {
        list.children[active]?.classList.remove('active');
        active = at;
        const option = list.children[active];
        option?.classList.add('active');
        option?.scrollIntoView({ block: 'nearest' });
        if (option) field.setAttribute('aria-activedescendant', option.id);
        else field.removeAttribute('aria-activedescendant');
    }

    function select(model) {
        field.value = model.id;
        close();
    }

    function close() {
        query = '';
        field.setAttribute('aria-expanded', 'false');
        field.removeAttribute('aria-activedescendant');
        list.hidden = true;
    }

    return { open };
}
