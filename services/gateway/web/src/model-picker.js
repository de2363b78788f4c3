/* model-picker - a field for the name of a model, with a list to pick from.
 *
 * An ARIA combobox: the focus stays in the field, the arrows walk the list, Enter picks, Escape closes
 * the list and only the list.  Any name may be typed, also one that is not listed. */
import { factsOf, modelsLike } from './models.js';
import { texts } from './texts.js';

export function createModelPicker({ field, list, onlyFree, said, load }) {
    const words = texts.settings;
    let models = null; /* null: not loaded yet */
    let shown = [];
    let active = -1;
    let typed = ''; /* '' until something was typed: then the whole list is shown, whatever is chosen */

    field.addEventListener('focus', open);
    field.addEventListener('click', open);
    field.addEventListener('blur', close);
    field.addEventListener('input', () => {
        typed = field.value;
        open();
    });
    field.addEventListener('keydown', onKey);
    onlyFree.addEventListener('change', () => (typed = ''));
    list.addEventListener('pointerdown', (event) => event.preventDefault()); /* the field keeps the focus */
    list.addEventListener('click', (event) => {
        const option = event.target.closest('[role="option"]');
        if (option)
            pick(shown[option.dataset.at]);
    });

    async function open() {
        field.setAttribute('aria-expanded', 'true');
        list.hidden = false;
        draw();
        if (models)
            return;
        try {
            models = (await load()).models;
        } catch {
            said.textContent = words.modelsFailed;
            close();
            return;
        }
        draw();
    }

    function draw() {
        shown = modelsLike(models ?? [], typed, onlyFree.checked);
        list.replaceChildren(...shown.map(optionOf));
        setActive(-1);
        if (!models)
            return;
        said.textContent = shown.length > 0 ? words.modelsFound(shown.length) : words.noModels;
        list.hidden = list.hidden || shown.length === 0;
    }

    function optionOf(model, at) {
        const option = document.createElement('li');

        option.id = `model-${at}`;
        option.dataset.at = at;
        option.setAttribute('role', 'option');
        option.setAttribute('aria-selected', String(model.id === field.value));
        option.append(line('model-name', model.name), line('model-id', model.id), line('model-facts', factsOf(model)));
        if (model.free)
            option.firstElementChild.append(' ', line('model-free', words.free));
        return option;
    }

    function onKey(event) {
        const isOpen = !list.hidden;

        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            const step = event.key === 'ArrowDown' ? 1 : -1;
            if (isOpen)
                setActive(Math.max(0, Math.min(shown.length - 1, active + step)));
            else
                open();
        } else if (event.key === 'Enter' && isOpen && active >= 0)
            pick(shown[active]);
        else if (event.key === 'Escape' && isOpen)
            close();
        else
            return;
        event.preventDefault();
    }

    function setActive(at) {
        list.children[active]?.classList.remove('active');
        active = at;
        const option = list.children[active];
        option?.classList.add('active');
        option?.scrollIntoView({ block: 'nearest' });
        if (option)
            field.setAttribute('aria-activedescendant', option.id);
        else
            field.removeAttribute('aria-activedescendant');
    }

    function pick(model) {
        field.value = model.id;
        close();
    }

    function close() {
        typed = '';
        field.setAttribute('aria-expanded', 'false');
        field.removeAttribute('aria-activedescendant');
        list.hidden = true;
    }

    return { open };
}

function line(className, text) {
    const element = document.createElement('span');
    element.className = className;
    element.textContent = text;
    return element;
}
