/* safety-topics - topics on which a wrong answer can be dangerous.
 *
 * Pure.  Matches English and German words in any language of the page.  The notices are texts
 * (texts.safety), so a model cannot omit or change them. */
const LEAKS =
    'leak|drip|smell|tropf|leck|undicht|riech|stink|läuft aus|geruch|' +
    'verlier(?!\\w*( an)? leistung)';
const FUELS = 'fuel|petrol|gasoline|diesel|benzin|kraftstoff|sprit';

const TOPICS = {
    brakes: /\bbrak(e|es|ed|ing)\b|\bbrake|\babs\b|brems/gi,
    steering: anyOf(
        '\\bsteer|(?<!ab)lenkung|lenkrad|lenkgetriebe|spurstange',
        '\\btie rods?\\b|\\brack and pinion\\b',
    ),
    airbags: /\bair ?bag|gurtstraffer|\bseat ?belt|sicherheitsgurt/gi,
    fuelLeak: anyOf(
        `(${FUELS}).{0,40}(${LEAKS})`,
        `(${LEAKS}).{0,40}(${FUELS}|\\bgas\\b)`,
        '\\bgas\\b.{0,40}(leak|drip|smell)',
    ),
    highVoltage: anyOf(
        '\\bhigh[- ]voltage|\\bhochvolt|\\bhv[- ]?batter',
        "\\b(traction|hybrid|ev|electric (car|vehicle)(['’]s)?) batter",
        '(antriebs|traktions|hybrid)(batterie|akku)',
    ),
};

const MAX_MENTIONS = 2; /* in an answer that is not about the topic */

function anyOf(...patterns) {
    return new RegExp(patterns.join('|'), 'gi');
}

/* The topics of a turn: every topic of the question, and those the answer mentions repeatedly. */
export function safetyTopics({ text, answer }) {
    const count = (words, pattern) => [...words.matchAll(pattern)].length;

    return Object.keys(TOPICS).filter(
        (name) => count(text, TOPICS[name]) > 0 || count(answer, TOPICS[name]) > MAX_MENTIONS,
    );
}
