using MirrorTools.Agent.State;
using MirrorTools.Agent.Storage;

namespace MirrorTools.Agent.Pairs;

/// <summary>
/// What the storages of pairs looked like at their clean close. A stamp is used up by the open, durably and before anything is written, so that a stamp that is found speaks of
/// the last close; after a kill there is none, and the dirty-region log tells what may differ.
/// </summary>
internal sealed class CloseStamps(StatePaths paths)
{
    private readonly Lock _gate = new();
    private readonly JsonTable<Entry> _table = new(paths.Stamps);

    /// <summary>Keeps the stamps of storages that were closed cleanly.</summary>
    public void Keep(IEnumerable<string> storages)
    {
        lock (_gate)
        {
            var entries = storages
                .Select(path => (Path: path, Stamp: StorageFiles.TryStamp(path)))
                .Where(storage => storage.Stamp is { ShowsForeignWrites: true })
                .Select(storage => new Entry(storage.Path, storage.Stamp!.Value))
                .ToList();
            _table.Save([.. _table.Load().Where(old => !entries.Exists(entry => entry.Path == old.Path)), .. entries]);
        }
    }

    /// <summary>Takes the stamps of storages away, and tells which of them were written since.</summary>
    public IReadOnlyList<string> TakeChanged(IReadOnlyCollection<string> storages)
    {
        lock (_gate)
        {
            var entries = _table.Load();
            var taken = entries.Where(entry => storages.Contains(entry.Path)).ToList();
            if (taken.Count > 0)
            {
                _table.Save([.. entries.Except(taken)]);
            }

            return [.. taken.Where(entry => StorageFiles.TryStamp(entry.Path) != entry.Stamp).Select(entry => entry.Path)];
        }
    }

    private sealed record Entry(string Path, CleanCloseStamp Stamp);
}
