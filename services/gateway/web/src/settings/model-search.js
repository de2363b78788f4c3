/* model-search - finds models by name, and describes one. */
import { texts } from '../texts/texts.js';

const MILLION = 1e6;

/* Models with every word in name or id; those that start with the first word come first. */
export function searchModels(models, query, onlyFree = false) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = ({ id, name, free }) => {
        const text = `${id} ${name}`.toLowerCase();
        return words.every((word) => text.includes(word)) && (free || !onlyFree);
    };
    const isPrefix = ({ id, name }) =>
        words.length > 0 && [id, name].some((text) => text.toLowerCase().startsWith(words[0]));
    const found = models.filter(matches);

    return [...found.filter(isPrefix), ...found.filter((model) => !isPrefix(model))];
}

/* Context size and price; free models are marked elsewhere. */
export function modelDetails({
    context,
    free,
    prompt_price: prompt,
    completion_price: completion,
}) {
    const labels = texts.settings;
    const price =
        prompt < 0 || completion < 0
            ? labels.priceVaries
            : labels.price(prompt * MILLION, completion * MILLION);

    return [context > 0 && labels.context(context), !free && price].filter(Boolean).join(' · ');
}
