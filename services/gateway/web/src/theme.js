/* theme - light or dark: as the system has it, or as the person says. */
import { keep, kept } from './keep.js';

const system = window.matchMedia('(prefers-color-scheme: dark)');
const CHOICES = ['auto', 'light', 'dark'];

/* `select` offers the CHOICES. */
export function startTheme(select) {
    select.value = chosen();
    system.addEventListener('change', apply);
    select.addEventListener('change', () => {
        keep('theme', select.value === 'auto' ? null : select.value);
        apply();
    });
    apply();
}

function apply() {
    const theme = chosen();
    document.documentElement.dataset.bsTheme = theme === 'auto' ? ofSystem() : theme;
}

function chosen() {
    const theme = kept('theme');
    return CHOICES.includes(theme) ? theme : 'auto';
}

function ofSystem() {
    return system.matches ? 'dark' : 'light';
}
