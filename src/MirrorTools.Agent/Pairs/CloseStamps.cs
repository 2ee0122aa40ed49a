using MirrorTools.Agent.State;
using MirrorTools.Agent.Storage;

namespace MirrorTools.Agent.Pairs;

/// <summary>
/// What the storages of pairs looked like at their clean close. A stamp is used up by the open, durably, before anything is written and after it is durable what a changed one means: so a
/// stamp that is found speaks of the last close, and a change is not forgotten. After a kill there is none, and the dirty-region log tells what may differ.
/// A storage that was found cut short gets a stamp that it can never look like.
/// </summary>
internal sealed class CloseStamps(StatePaths paths)
{
    private static readonly CleanCloseStamp CutShort = new(LengthBytes: -1, ModifiedNs: -1, ChangedNs: -1);
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

    /// <summary>Which of the storages were written since their clean close.</summary>
    public IReadOnlyList<string> FindChanged(IReadOnlyCollection<string> storages)
    {
        lock (_gate)
        {
            return [.. _table.Load().Where(entry => storages.Contains(entry.Path) && StorageFiles.TryStamp(entry.Path) != entry.Stamp).Select(entry => entry.Path)];
        }
    }

    /// <summary>Uses up the stamps of storages that are about to be written.</summary>
    public void Use(IReadOnlyCollection<string> storages)
    {
        lock (_gate)
        {
            var entries = _table.Load();
            if (entries.Exists(entry => storages.Contains(entry.Path)))
            {
                _table.Save([.. entries.Where(entry => !storages.Contains(entry.Path))]);
            }
        }
    }

    /// <summary>Notes, durably, that a storage was found cut short: once it can be opened again it counts as changed, whoever made it long enough.</summary>
    public void KeepCutShort(string storage)
    {
        lock (_gate)
        {
            _table.Save([.. _table.Load().Where(entry => entry.Path != storage), new Entry(storage, CutShort)]);
        }
    }

    private sealed record Entry(string Path, CleanCloseStamp Stamp);
}
