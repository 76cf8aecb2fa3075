// Improvements only: every page works without this file.
import { watchAutosave } from "./autosave.js";
import { compareClocks, readAgain } from "./clock.js";
import { offerCopy } from "./copy.js";
import { watchCutoff } from "./cutoff.js";
import { focusErrors } from "./errors.js";
import { closeMenus } from "./menu.js";
import { keepPlace } from "./place.js";
import { playBack } from "./playback.js";
import { suggestWords } from "./search.js";
import { warnBeforeEnd } from "./session.js";
import { guardSubmit } from "./submit.js";
import { suggestAnswers } from "./suggest.js";

closeMenus();
focusErrors();
offerCopy();
compareClocks();
readAgain();
playBack();
keepPlace();
watchCutoff();
suggestAnswers();
suggestWords();
watchAutosave();
guardSubmit();
warnBeforeEnd();
