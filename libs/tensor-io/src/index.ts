export { drawBoxes } from './draw.ts';
export { decodeImage, type Image, imageTensor } from './image.ts';
export { jsonElements, parseJsonTensor, toJson } from './json.ts';
export { readTensor } from './read-tensor.ts';
