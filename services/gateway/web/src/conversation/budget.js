/* budget - the line that shows what the session may still spend, if there is a limit. */
import { texts } from '../texts/texts.js';

export function showBudget(element, budget) {
    element.textContent = budgetText(budget);
    element.hidden = !budget;
}

/* '' without a limit. */
export function budgetText(budget) {
    return budget ? texts.budget(budget.left) : '';
}
