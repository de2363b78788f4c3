/* offline - says that there is no network, and tells when it is back. */
import { texts } from './texts.js';

export function watchNetwork({ bar, onBack }) {
    const show = () => {
        bar.textContent = navigator.onLine ? '' : texts.offline;
        bar.hidden = navigator.onLine;
    };

    window.addEventListener('offline', show);
    window.addEventListener('online', () => {
        show();
        onBack();
    });
    show();
}
