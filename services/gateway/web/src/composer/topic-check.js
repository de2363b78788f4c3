/* topic-check - a simplified version of the filter's rule: is a message about cars?
 *
 * Pure.  It only serves a notice, so it accepts what it does not understand, such as fault codes,
 * which the filter (services/filter) recognizes by their form. */
const NO_MATCH = { category: null, length: 1 };
const MAX_WORDS = 150; /* the topic of a message shows early */
const MIN_UNKNOWN = 3; /* fewer unknown words may be a follow-up, or an unfinished question */

/**
 * Returns mayBeDeclined(text, isAboutCars).
 *
 * @param {{ [category: string]: string }} entries { ON: 'car,engine oil,...', WEAK: ..., ... }
 */
export function createTopicCheck(entries) {
    const patterns = compile(entries);

    return function mayBeDeclined(text, isAboutCars = false) {
        const words = wordsOf(text).slice(0, MAX_WORDS);
        const { ON, WEAK, HINT, OFF, TALK, unknown } = countCategories(words, patterns);
        const score = 2 * ON + WEAK + (WEAK > 0 && HINT > 0 ? 1 : 0);

        if (OFF > score) return true;
        if (isAboutCars || score > 0 || TALK > 0) return false;
        return unknown >= MIN_UNKNOWN && !words.some((word) => /\d/.test(word));
    };
}

function countCategories(words, patterns) {
    const count = { ON: 0, WEAK: 0, HINT: 0, OFF: 0, TALK: 0, FILL: 0, unknown: 0 };

    for (let at = 0; at < words.length;) {
        const { category, length } = longestMatch(words, at, patterns);
        count[category ?? 'unknown']++;
        at += length;
    }
    return count;
}

function longestMatch(words, at, patterns) {
    const matches = patterns.filter(({ parts }) =>
        parts.every((matchesWord, i) => matchesWord(words[at + i] ?? '')),
    );
    return matches.reduce(
        (best, match) => (match.length > best.length || !best.category ? match : best),
        NO_MATCH,
    );
}

function compile(entries) {
    return Object.entries(entries).flatMap(([category, list]) =>
        list.split(',').map((entry) => {
            const parts = entry.split(' ').filter(Boolean).map(wordMatcher);
            return { category, parts, length: parts.length };
        }),
    );
}

/* tyre* is a prefix, *reifen a suffix, ? any word, # a number; a plural in -s is the same word. */
function wordMatcher(text) {
    const plain = fold(text.replace('*', ''));

    if (text === '?') return (word) => word !== '';
    if (text === '#') return (word) => /^\d+$/.test(word);
    if (text.startsWith('*')) return (word) => word.endsWith(plain);
    if (text.endsWith('*')) return (word) => word.startsWith(plain);
    return (word) => word === plain || (word.length > 3 && word === `${plain}s`);
}

function wordsOf(text) {
    return fold(text).match(/[\p{L}\p{N}]+|\p{Extended_Pictographic}/gu) ?? [];
}

/* Lower case, umlauts as two letters, without other diacritics and apostrophes. */
function fold(text) {
    return text
        .toLowerCase()
        .normalize('NFC')
        .replace(/ä/g, 'ae')
        .replace(/ö/g, 'oe')
        .replace(/ü/g, 'ue')
        .replace(/ß/g, 'ss')
        .normalize('NFD')
        .replace(/[\u0300-\u036f'’`]/g, '');
}
