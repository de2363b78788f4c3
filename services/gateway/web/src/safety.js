/* safety - the subjects on which a wrong answer can cost a life.
 *
 * Pure.  Found by words, English and German whatever language the page has; the notice for each stands in
 * texts.safety, so that no model can leave it out or change it. */
const LEAKS = 'leak|drip|smell|tropf|leck|undicht|riech|stink|verlier(?!\\w*( an)? leistung)|läuft aus|geruch';
const FUELS = 'fuel|petrol|gasoline|diesel|benzin|kraftstoff|sprit';

const SUBJECTS = {
    brakes: /\bbrak(e|es|ed|ing)\b|\bbrake|\babs\b|brems/gi,
    steering: /\bsteer|(?<!ab)lenkung|lenkrad|lenkgetriebe|spurstange|\btie rods?\b|\brack and pinion\b/gi,
    airbags: /\bair ?bag|gurtstraffer|\bseat ?belt|sicherheitsgurt/gi,
    fuelLeak: new RegExp(`(${FUELS}).{0,40}(${LEAKS})|(${LEAKS}).{0,40}(${FUELS}|\\bgas\\b)|\\bgas\\b.{0,40}(leak|drip|smell)`, 'gi'),
    highVoltage: /\bhigh[- ]voltage|\bhochvolt|\bhv[- ]?batter|\b(traction|hybrid|ev|electric (car|vehicle)(['’]s)?) batter|(antriebs|traktions|hybrid)(batterie|akku)/gi,
};

const PASSING = 2; /* an answer may mention a thing so often without being about it */

/* The names of the subjects that a turn is about: what was asked counts, and what the answer keeps returning to. */
export function safetyOf({ text, answer }) {
    const count = (words, pattern) => [...words.matchAll(pattern)].length;

    return Object.keys(SUBJECTS).filter((name) =>
        count(text, SUBJECTS[name]) > 0 || count(answer, SUBJECTS[name]) > PASSING);
}
