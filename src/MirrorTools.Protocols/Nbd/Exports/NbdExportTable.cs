using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The exports that hosts find by name; changes at run time. Thread-safe.</summary>
/// <remarks>There is no default export: a host that asks for the empty name gets the export of that name, or none, never another volume by accident.</remarks>
public sealed class NbdExportTable
{
    private const int MaxContexts = 16;
    private const int LargestMinimumBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, NbdExportEntry> _entries = new(StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Offers an export.</summary>
    /// <exception cref="ArgumentException">The name is taken or too long, or the export's sizes are not valid.</exception>
    public void Add(INbdExport export)
    {
        ArgumentNullException.ThrowIfNull(export);
        Check(export);
        lock (_gate)
        {
            if (!_entries.TryAdd(export.Name, new NbdExportEntry(export)))
            {
                throw new ArgumentException($"An export named '{export.Name}' is there already.", nameof(export));
            }
        }
    }

    /// <summary>Finds an export.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out INbdExport? export)
    {
        lock (_gate)
        {
            export = _entries.TryGetValue(name, out NbdExportEntry? entry) ? entry.Export : null;
            return export is not null;
        }
    }

    /// <summary>
    /// Withdraws an export: no new host gets it, requests in flight finish within <paramref name="drainDeadline"/>, its connections are closed. Returns when they are.
    /// </summary>
    /// <returns>False where no export has that name.</returns>
    public async ValueTask<bool> RemoveAsync(string name, TimeSpan drainDeadline)
    {
        NbdExportEntry? entry;
        NbdConnection[] attached;
        lock (_gate)
        {
            if (!_entries.Remove(name, out entry))
            {
                return false;
            }

            attached = [.. entry.Connections];
        }

        await Task.WhenAll(attached.Select(connection => connection.DrainAsync(drainDeadline))).ConfigureAwait(false);
        return true;
    }

    internal bool TryAttach(string name, NbdConnection connection, [NotNullWhen(true)] out NbdExportEntry? entry)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(name, out entry) && entry.Connections.Add(connection);
        }
    }

    internal void Detach(NbdExportEntry entry, NbdConnection connection)
    {
        lock (_gate)
        {
            entry.Connections.Remove(connection);
        }
    }

    private static void Check(INbdExport export)
    {
        NbdBlockSizes sizes = export.BlockSizes;
        Require(Encoding.UTF8.GetByteCount(export.Name) <= NbdProtocol.MaxStringBytes, export, "its name is longer than 4096 bytes");
        Require(Encoding.UTF8.GetByteCount(export.Description) <= NbdProtocol.MaxStringBytes, export, "its description is longer than 4096 bytes");
        Require(sizes.MinimumBytes is > 0 and <= LargestMinimumBytes && BitOperations.IsPow2(sizes.MinimumBytes), export, "its minimum block size is no power of two up to 64 KiB");
        Require(sizes.PreferredBytes >= sizes.MinimumBytes && BitOperations.IsPow2(sizes.PreferredBytes), export, "its preferred block size is no power of two, or below the minimum");
        Require(
            sizes.MaximumBytes >= sizes.PreferredBytes && sizes.MaximumBytes <= NbdBlockSizes.LargestPayloadBytes && sizes.MaximumBytes % sizes.MinimumBytes == 0,
            export, "its maximum block size is not between the preferred one and 32 MiB");
        Require(export.LengthBytes >= 0 && export.LengthBytes % sizes.MinimumBytes == 0, export, "its length is not a multiple of its minimum block size");
        Require(export.MetaContexts.Count <= MaxContexts, export, "it has more than 16 metadata contexts");
    }

    private static void Require(bool holds, INbdExport export, string complaint)
    {
        if (!holds)
        {
            throw new ArgumentException($"The export '{export.Name}' can't be offered: {complaint}.", nameof(export));
        }
    }
}
