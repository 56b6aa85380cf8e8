#!/usr/bin/env bash
# bundle.sh [FILE.tar.xz]: one file for a machine with a graphics card and without .NET (linux-x64): gputx with its runtime,
# some of the shipped models, and a script that runs verify and bench there and leaves everything in one folder.
# Not trimmed: ILGPU reads IL. Default: artifacts/gputx-bundle.tar.xz.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
output=$(realpath -m "${1:-$root/artifacts/gputx-bundle.tar.xz}")
work=$root/artifacts/bundle
folder=$work/gputx-bundle
models="g2p vit-fashion"

rm -rf "$work"
mkdir -p "$folder" "$(dirname "$output")"

# Output folders of its own: a restore for one runtime would change those of a plain build.
dotnet publish "$root/tools/GpuTransformer.Cli/GpuTransformer.Cli.csproj" -c Release -r linux-x64 --self-contained \
    --artifacts-path "$work/build" -o "$folder/gputx" \
    -p:PublishTrimmed=false -p:PublishReadyToRun=false -p:DebugType=none -p:GenerateDocumentationFile=false -p:UseAppHost=true \
    -p:CustomAfterMicrosoftCommonTargets="$root/tools/bundle/Bundle.targets"

for model in "$folder"/gputx/models/*/; do
    case " $models " in
        *" $(basename "$model") "*) ;;
        *) rm -r "$model" ;;
    esac
done

cp "$root/tools/bundle/run.sh" "$root/tools/bundle/torch_beside.py" "$root/tools/bundle/README.txt" "$folder/"
chmod +x "$folder/run.sh" "$folder/gputx/gputx"
kind=$("$folder/gputx/gputx" devices --device cpu | head -n 1)
{
    echo
    echo "Packed $(date -u +%Y-%m-%d) from $(git -C "$root" rev-parse --short HEAD) with $kind."
} >> "$folder/README.txt"

rm -f "$output"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - gputx-bundle | xz -9e -T1 > "$output"
case $kind in
    *stand-in*) echo "bundle.sh: ILGPU's package is not on this feed: the bundle has the stand-in and finds no graphics card" >&2 ;;
esac
bash "$root/tools/bundle/check-size.sh" "$output"
echo "$output ($kind)"
