/* lexicon - the filter's words (vite.config.js takes them from data/), fetched when one types. */
import entries from 'virtual:lexicon';
import { createSubject } from './subject.js';

export const mayBeDeclined = createSubject(entries);
