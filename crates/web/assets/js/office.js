// Improvements of the back office only.
import { drawPreviews } from "./preview.js";
import { editCanned, moveBetweenCases, moveInQueue } from "./queue.js";

moveInQueue();
moveBetweenCases();
editCanned();
drawPreviews();
