#!/usr/bin/env bash
# run.sh [DEVICE] [FOLDER]: proves and times gputx on this machine in less than eight minutes; see README.txt.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
device=${1:-auto}
results=$(realpath -m "${2:-$here/results}")
gputx=$here/gputx/gputx
end=$((SECONDS + 460))
failed=0

mkdir -p "$results"
log=$results/log.txt
: > "$log"
export DOTNET_EnableDiagnostics=0 DOTNET_CLI_TELEMETRY_OPTOUT=1

say() { echo "$*" | tee -a "$log"; }

# step NAME SECONDS FILE COMMAND...: the command's output goes to the file; it has its time, and what is left of all.
step() {
    local name=$1 limit=$2 file=$results/$3 left=$((end - SECONDS)) begin=$SECONDS code
    shift 3
    if [ "$left" -lt 5 ]; then
        say "$name: left out, the time was up"
        return 1
    fi
    [ "$limit" -lt "$left" ] || limit=$left
    # An interrupt first: the program then writes what it has.
    { timeout -s INT -k 15 "$limit" "$@" >> "$file" 2>&1 < /dev/null; } 2> /dev/null
    code=$?
    case $code in
        0) say "$name: done in $((SECONDS - begin)) s" ;;
        124 | 130 | 137) say "$name: ended after its $limit s; what it found until then is in $(basename "$file")" ;;
        *) failed=1; say "$name: FAILED with exit code $code after $((SECONDS - begin)) s (see $(basename "$file"))" ;;
    esac
    return $code
}

have() { command -v "$1" > /dev/null 2>&1; }

# cuBLAS may be part of PyTorch and nowhere else.
if have python3; then
    cublas=$(python3 -c '
import glob, importlib.util, os
found = importlib.util.find_spec("nvidia")
for root in (found.submodule_search_locations if found else []):
    for path in sorted(glob.glob(os.path.join(root, "**", "libcublas.so.*"), recursive=True)):
        print(os.path.dirname(path))
        raise SystemExit
' 2> /dev/null)
    [ -z "$cublas" ] || export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$cublas"
fi

say "gputx on $(uname -srm), $(date -u '+%Y-%m-%d %H:%M:%S') UTC, device $device"
have nvidia-smi && timeout 20 nvidia-smi >> "$log" 2>&1
step "devices" 60 log.txt "$gputx" devices --device "$device"

# The tables first, the tools afterwards. Where there are no tools, verify and demo have their time: the OpenCL driver of a
# processor compiles for minutes.
step "bench" 190 bench.txt "$gputx" bench --device "$device" --out "$results"
verify=130 demo=60
have nvidia-smi || { verify=$((end - SECONDS - 65)) demo=$((end - SECONDS)); }
step "verify" "$verify" verify.txt "$gputx" verify --quick --device "$device" --report "$results/verify.json"
step "demo" "$demo" log.txt "$gputx" demo --device "$device" --model g2p vit-fashion

if have nvidia-smi; then
    if have python3; then
        step "PyTorch beside" 45 beside.txt python3 "$here/torch_beside.py"
    fi
    if have compute-sanitizer; then
        for tool in memcheck racecheck synccheck; do
            echo "== $tool" >> "$results/sanitizer.txt"
            step "compute-sanitizer $tool" 35 sanitizer.txt \
                compute-sanitizer --tool "$tool" --kill-after 30 "$gputx" verify --smoke --device "$device"
        done
    fi
    worst=
    while IFS= read -r line; do
        [[ $line =~ ^\ *\"worst\":\ \"(.*)\",?$ ]] && worst=${BASH_REMATCH[1]}
    done < <(cat "$results/bench.json" 2> /dev/null)
    if [ -n "$worst" ] && have ncu; then
        echo "== counters of: $worst" >> "$results/beside.txt"
        step "counters of the worst kernel" 40 beside.txt \
            ncu --clock-control none --launch-count 2 --section SpeedOfLight --section MemoryWorkloadAnalysis --section Occupancy \
            --section LaunchStats --section WarpStateStats "$gputx" bench --once --filter "$worst" --device "$device"
    fi
fi

rm -f "$results"/*.partial
say "took $SECONDS s; results: $(cd "$results" && du -ch -- * | tail -n 1 | cut -f 1) in $results"
exit $failed
