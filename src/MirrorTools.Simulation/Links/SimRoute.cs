namespace MirrorTools.Simulation.Links;

/// <summary>One direction between two sites.</summary>
internal sealed class SimRoute(string from, string to)
{
    public string From => from;

    public string To => to;

    /// <summary>True while what is sent vanishes without a sign (a cut cable, a firewall that drops).</summary>
    public bool IsBlocked { get; set; }

    public override string ToString() => $"{from}->{to}";
}
