/* theme - light or dark: the system's setting or the user's choice. */
import { loadItem, storeItem } from '../base/storage.js';

const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
const CHOICES = ['auto', 'light', 'dark'];

/* `select` offers CHOICES. */
export function startTheme(select) {
    select.value = chosenTheme();
    systemIsDark.addEventListener('change', apply);
    select.addEventListener('change', () => {
        storeItem('theme', select.value === 'auto' ? null : select.value);
        apply();
    });
    apply();
}

function apply() {
    const theme = chosenTheme();
    document.documentElement.dataset.bsTheme = theme === 'auto' ? systemTheme() : theme;
}

function chosenTheme() {
    const theme = loadItem('theme');
    return CHOICES.includes(theme) ? theme : 'auto';
}

function systemTheme() {
    return systemIsDark.matches ? 'dark' : 'light';
}
