/* theme - light or dark: as the system has it, until the person says otherwise.
 *
 * Choosing what the system has anyway means following it again. */
import { icon } from './icons.js';
import { keep, kept } from './keep.js';
import { setLabel, texts } from './texts.js';

const system = window.matchMedia('(prefers-color-scheme: dark)');

export function startTheme(button) {
    system.addEventListener('change', apply);
    button.addEventListener('click', () => {
        const other = current() === 'dark' ? 'light' : 'dark';
        keep('theme', other === ofSystem() ? null : other);
        apply();
    });
    apply();

    function apply() {
        const dark = current() === 'dark';
        document.documentElement.dataset.bsTheme = current();
        button.replaceChildren(icon(dark ? 'sun' : 'moon'));
        setLabel(button, dark ? texts.theme.toLight : texts.theme.toDark);
    }
}

function current() {
    const chosen = kept('theme');
    return chosen === 'dark' || chosen === 'light' ? chosen : ofSystem();
}

function ofSystem() {
    return system.matches ? 'dark' : 'light';
}
