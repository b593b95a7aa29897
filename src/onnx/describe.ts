import { TensorProto_DataType, type ModelProto, type ValueInfoProto } from './generated/onnx';

/** Element types a detection model's inputs and outputs can have; anything else is `other`. */
export type ElementType = 'float32' | 'float16' | 'float64' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool' | 'other';

const ELEMENT_TYPES: Partial<Record<TensorProto_DataType, ElementType>> = {
  [TensorProto_DataType.FLOAT]: 'float32',
  [TensorProto_DataType.FLOAT16]: 'float16',
  [TensorProto_DataType.DOUBLE]: 'float64',
  [TensorProto_DataType.UINT8]: 'uint8',
  [TensorProto_DataType.INT8]: 'int8',
  [TensorProto_DataType.INT32]: 'int32',
  [TensorProto_DataType.INT64]: 'int64',
  [TensorProto_DataType.BOOL]: 'bool',
};

/** One input or output of a model. */
export interface ModelValue {
  name: string;
  type: ElementType;
  /** A number where the size is fixed; the name of the axis (or '?') where it is dynamic; undefined: shape unknown. */
  shape: (number | string)[] | undefined;
}

export interface ModelIo {
  /** Without the weights that older exports list among the inputs. */
  inputs: ModelValue[];
  outputs: ModelValue[];
}

/** Inputs and outputs of a model, with dynamic axes marked. */
export function ioOf(model: ModelProto): ModelIo {
  const weights = new Set(model.graph?.initializer.map((tensor) => tensor.name));
  return {
    inputs: (model.graph?.input ?? []).filter((value) => !weights.has(value.name)).map(describe),
    outputs: (model.graph?.output ?? []).map(describe),
  };
}

function describe(value: ValueInfoProto): ModelValue {
  const tensor = value.type?.value.case === 'tensorType' ? value.type.value.value : undefined;
  const elementType = tensor?.elemType as TensorProto_DataType | undefined;
  return {
    name: value.name,
    type: (elementType !== undefined && ELEMENT_TYPES[elementType]) || 'other',
    shape: tensor?.shape?.dim.map(({ value: dim }) => {
      if (dim.case === 'dimValue') return Number(dim.value);
      return dim.value || '?';
    }),
  };
}

/** The model's metadata: Ultralytics exports carry `names`, `stride`, `imgsz`, `task` here. Empty when it has none. */
export function metadataOf(model: ModelProto): Map<string, string> {
  return new Map(model.metadataProps.map(({ key, value }) => [key, value]));
}
