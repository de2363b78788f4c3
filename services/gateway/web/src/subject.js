/* subject - a light version of the filter's rule (services/filter/topic/topic.c): is a message about cars?
 *
 * Pure.  It only serves a hint, so it is kind: what it does not understand it lets be.  Fault codes and
 * the like, which the filter knows by their form, are such words. */
const NO_SIGN = { sign: null, length: 1 };
const MOST = 150; /* words: what a message is about shows early */
const TOO_SHORT = 3; /* words: fewer may be a follow-up, or the beginning of a question */

/* entries: { ON: 'car,engine oil,...', WEAK, HINT, OFF, TALK, FILL }.  Gives mayBeDeclined(text, isTalkOfCars). */
export function createSubject(entries) {
    const patterns = patternsOf(entries);

    return function mayBeDeclined(text, isTalkOfCars = false) {
        const words = wordsOf(text).slice(0, MOST);
        const { ON, WEAK, HINT, OFF, TALK, none, odd } = weighed(words, patterns);
        const forCars = 2 * ON + WEAK + (WEAK > 0 && HINT > 0 ? 1 : 0);

        if (OFF > forCars)
            return true;
        return !isTalkOfCars && forCars === 0 && TALK === 0 && none >= TOO_SHORT && !odd;
    };
}

function weighed(words, patterns) {
    const count = { ON: 0, WEAK: 0, HINT: 0, OFF: 0, TALK: 0, FILL: 0, none: 0, odd: words.some((word) => /\d/.test(word)) };

    for (let at = 0; at < words.length;) {
        const { sign, length } = longestAt(words, at, patterns);
        count[sign ?? 'none']++;
        at += length;
    }
    return count;
}

function longestAt(words, at, patterns) {
    const fits = patterns.filter(({ parts }) => parts.every((part, i) => part(words[at + i] ?? '')));
    return fits.reduce((best, one) => (one.length > best.length || !best.sign ? one : best), NO_SIGN);
}

function patternsOf(entries) {
    return Object.entries(entries).flatMap(([sign, list]) => list.split(',').map((entry) => {
        const parts = entry.split(' ').filter(Boolean).map(partOf);
        return { sign, parts, length: parts.length };
    }));
}

/* tyre* begins so, *reifen ends so, ? is any word, # a number; a plural in -s is the same word. */
function partOf(text) {
    const plain = folded(text.replace('*', ''));

    if (text === '?')
        return (word) => word !== '';
    if (text === '#')
        return (word) => /^\d+$/.test(word);
    if (text.startsWith('*'))
        return (word) => word.endsWith(plain);
    if (text.endsWith('*'))
        return (word) => word.startsWith(plain);
    return (word) => word === plain || (word.length > 3 && word === `${plain}s`);
}

function wordsOf(text) {
    return folded(text).match(/[\p{L}\p{N}]+|\p{Extended_Pictographic}/gu) ?? [];
}

/* Lower case, umlauts as two letters, other marks and apostrophes gone. */
function folded(text) {
    return text.toLowerCase().normalize('NFC').replace(/ä/g, 'ae').replace(/ö/g, 'oe').replace(/ü/g, 'ue').replace(/ß/g, 'ss')
        .normalize('NFD').replace(/[\u0300-\u036f'’`]/g, '');
}
