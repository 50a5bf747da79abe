#!/bin/bash
# One run as a Slurm job array, such as 8 tasks that measure the suite `full` into results/nightly-1 ... results/nightly-8:
#
#     sbatch --array=1-8 docs/array.sh 8 nightly full
#
# A task that is started again (preempted, out of time, the node lost) goes on where it was.
#SBATCH --exclusive
#SBATCH --requeue
set -euo pipefail
tasks=$1 name=$2
shift 2
folder="results/$name-$SLURM_ARRAY_TASK_ID"
if [ -e "$folder/run.json" ]; then
    exec gradgauge run --resume "$folder"
fi
exec gradgauge run "$@" --shard "$SLURM_ARRAY_TASK_ID/$tasks" --out "$folder"
