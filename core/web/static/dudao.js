// Comfort only: every page works without this file.
import { confirmBeforeSubmit, submitOnce } from "./submit.js";
import { countCharacters, guardUnsaved, oneMoreRow, showErrors } from "./forms.js";
import { listFiles } from "./files.js";
import { closeMenus, reviewKeys } from "./keys.js";
import { sendAtOnce } from "./uploads.js";
import { watchStates } from "./checking.js";

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

confirmBeforeSubmit();
each("[data-uploads]", sendAtOnce);
each("form[data-once]", submitOnce);
each("form[data-guard]", guardUnsaved);
each("[data-counter]", countCharacters);
each("[data-rows]", oneMoreRow);
each("[data-files]", listFiles);
each("[data-states]", watchStates);
each("[data-menu]", closeMenus);
each("[data-keys]", reviewKeys);
each("[data-print]", (button) => button.addEventListener("click", () => window.print()));
showErrors();
