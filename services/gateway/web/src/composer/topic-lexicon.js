/* topic-lexicon - the topic check with the filter's lexicon (lexicon.build.js), on demand. */
import entries from 'virtual:lexicon';
import { createTopicCheck } from './topic-check.js';

export const mayBeDeclined = createTopicCheck(entries);
