/* models - which of the models that there are somebody means, and what is said of one. */
import { texts } from './texts.js';

const MILLION = 1e6;

/* Those with every word in name or id; what begins so comes first, else as the server has them. */
export function modelsLike(models, typed, onlyFree = false) {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const textOf = ({ id, name }) => `${id} ${name}`.toLowerCase();
    const found = models.filter((model) => words.every((word) => textOf(model).includes(word)) && (model.free || !onlyFree));
    const isFirst = ({ id, name }) => words.length > 0 && [id, name].some((text) => text.toLowerCase().startsWith(words[0]));

    return [...found.filter(isFirst), ...found.filter((model) => !isFirst(model))];
}

/* Context and price; a free one is marked instead. */
export function factsOf({ context, free, prompt_price: prompt, completion_price: completion }) {
    const words = texts.settings;
    const price = prompt < 0 || completion < 0 ? words.priceVaries : words.price(prompt * MILLION, completion * MILLION);

    return [context > 0 && words.context(context), !free && price].filter(Boolean).join(' · ');
}
