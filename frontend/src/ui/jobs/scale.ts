/** The scale of learning curves that stand beside each other. */
import type { Schemas } from '../../api/client'

export interface Scale {
  /** Validation DSC at the foot; the top is 1. */
  low: number
  /** Epoch at the right edge. */
  epochs: number
}

interface Learning {
  curve?: { epoch: number; validation_dsc: number }[]
  total?: number
  unit?: string
}

/** The lowest value and the last epoch of any of the jobs: one scale for all of them. */
export function scaleOf(jobs: readonly Pick<Schemas['Job'], 'progress'>[]): Scale {
  let low = 0.8
  let epochs = 1
  for (const job of jobs) {
    const { curve = [], total = 0, unit } = job.progress as Learning
    for (const one of curve) {
      low = Math.min(low, one.validation_dsc)
      epochs = Math.max(epochs, one.epoch)
    }
    if (curve.length && unit === 'epochs') epochs = Math.max(epochs, total)
  }
  // Round steps, so that the scale does not creep with each epoch.
  return { low: Math.floor(low * 10 + 1e-9) / 10, epochs }
}
