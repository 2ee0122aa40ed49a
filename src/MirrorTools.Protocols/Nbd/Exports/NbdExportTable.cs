using System.Diagnostics.CodeAnalysis;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The exports that hosts find by name; changes at run time. Thread-safe.</summary>
public sealed class NbdExportTable
{
    /// <summary>The names, sorted.</summary>
    public IReadOnlyList<string> Names => throw new NotImplementedException();

    /// <summary>Offers an export.</summary>
    /// <exception cref="ArgumentException">The name is taken or too long, or the export's sizes are not valid.</exception>
    public void Add(INbdExport export) => throw new NotImplementedException();

    /// <summary>Finds an export.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out INbdExport? export) => throw new NotImplementedException();

    /// <summary>
    /// Withdraws an export: no new host gets it, requests in flight finish within <paramref name="drainDeadline"/>, its connections are closed. Returns when they are.
    /// </summary>
    /// <returns>False where no export has that name.</returns>
    public ValueTask<bool> RemoveAsync(string name, TimeSpan drainDeadline) => throw new NotImplementedException();
}
