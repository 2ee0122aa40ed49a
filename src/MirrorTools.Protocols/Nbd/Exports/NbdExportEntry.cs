namespace MirrorTools.Protocols.Nbd;

/// <summary>An export and the connections that serve it. Guarded by its table.</summary>
internal sealed class NbdExportEntry(INbdExport export)
{
    public INbdExport Export { get; } = export;

    public HashSet<NbdConnection> Connections { get; } = [];
}
