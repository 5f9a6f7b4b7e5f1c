export { drawBoxes } from './draw.ts';
export { decodeImage, type Image, imageTensor } from './image.ts';
export { jsonElements, parseJsonTensor, toJson } from './json.ts';
export { parseJson, readTensor } from './read-tensor.ts';
