/* import-button - imports a conversation from a file that the user selects. */
import { failureText } from '../net/failure-text.js';
import { failureFromThrown } from '../net/failure.js';
import { texts } from '../texts/texts.js';
import { readImport } from './import-file.js';

/* onOpen(id): shows the imported conversation. */
export function startImport({ button, field, api, showStatus, onOpen }) {
    button.addEventListener('click', () => field.click());
    field.addEventListener('change', async () => {
        const [file] = field.files;

        field.value = ''; /* so that the same file can be selected again */
        try {
            const reply = await api.importConversation(await readImport(file));
            onOpen(reply.conversation_id);
            showStatus(texts.conversations.imported, 'success');
        } catch (thrown) {
            showStatus(failureText(failureFromThrown(thrown)), 'error');
        }
    });
}
