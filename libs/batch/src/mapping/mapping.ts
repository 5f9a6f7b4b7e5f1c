/** How a tensor of a request comes from the columns of a row. It is JSON. */
export interface TensorMapping {
  /** The input of the model or pipeline. */
  readonly tensor: string;
  /** One column, or several that are the elements of a vector in this order. */
  readonly columns: readonly string[];
  /** `values`: what stands in the cells. `file`: the cell is the path of a file from the folder of the input, such as of an image. */
  readonly from: 'values' | 'file';
  /** Stands in for an empty cell, as it would be written in one: `0`, `NaN`. Default: a row with an empty cell is an error. */
  readonly missing?: string | undefined;
}

/** What a batch asks, and of which columns. It is JSON, so that it can be kept with a batch. */
export interface Mapping {
  /** The columns whose values tell rows apart; of several the key is their JSON list. */
  readonly key: readonly string[];
  readonly tensors: readonly TensorMapping[];
  /** Names of the outputs that are kept; empty: all. */
  readonly outputs: readonly string[];
  /** `together`: the rows of a request are the first dimension of its tensors. `one`: a request for each row. Default: as the shapes of the inputs tell. */
  readonly rows?: 'together' | 'one' | undefined;
}
