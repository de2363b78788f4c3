/* offline-notice - shows that the browser is offline, and calls back when it is online again. */
import { texts } from '../texts/texts.js';

export function watchNetwork({ notice, onOnline }) {
    const show = () => {
        notice.textContent = navigator.onLine ? '' : texts.offline;
        notice.hidden = navigator.onLine;
    };

    window.addEventListener('offline', show);
    window.addEventListener('online', () => {
        show();
        onOnline();
    });
    show();
}
