// Command karpenter is Karpenter with its kwok provider, and with the instance types that a file describes: its own
// scheduler decides, and the nodes that it launches are objects without machines.
//
// NodePools refer to EC2NodeClasses as in a real cluster. What a type has for pods, and which labels, is computed
// by Karpenter's AWS provider. How many pods it holds comes from the provider's own table of network limits, where it
// has the type.
//
// INSTANCE_TYPES names the file. Nothing listens: metrics and health probes are off.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsv1 "github.com/aws/karpenter-provider-aws/pkg/apis/v1"
	"github.com/aws/karpenter-provider-aws/pkg/providers/instancetype"
	"github.com/awslabs/operatorpkg/status"
	"go.uber.org/zap/zapcore"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/clock"
	controllerruntime "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	kwokapis "sigs.k8s.io/karpenter/kwok/apis"
	kwokv1alpha1 "sigs.k8s.io/karpenter/kwok/apis/v1alpha1"
	kwok "sigs.k8s.io/karpenter/kwok/cloudprovider"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/nodeoverlay"
	provisioning "sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/operator/injection"
	"sigs.k8s.io/karpenter/pkg/operator/options"
	"sigs.k8s.io/karpenter/pkg/scheduling"
)

// table is what INSTANCE_TYPES holds: a region, its zones, and one row an instance type.
type table struct {
	Region    string         `json:"region"`
	Zones     []string       `json:"zones"`
	Instances []instanceType `json:"instances"`
}

// instanceType is one EC2 instance type. Memory is in MiB, storage in GB, the price in USD an hour on demand.
type instanceType struct {
	Name         string  `json:"name"`
	Architecture string  `json:"architecture"`
	VCPU         int32   `json:"vcpu"`
	MemoryMiB    int64   `json:"memoryMiB"`
	LocalNVMeGB  int64   `json:"localNVMeGB"`
	EFA          int32   `json:"efa"`
	MaxPods      int     `json:"maxPods"`
	Price        float64 `json:"price"`
	GPU          *device `json:"gpu"`
	Neuron       *device `json:"neuron"`
	Accelerator  *device `json:"accelerator"`
}

// device is what an instance type has several of; cores are those of one.
type device struct {
	Name         string `json:"name"`
	Manufacturer string `json:"manufacturer"`
	Count        int32  `json:"count"`
	MemoryMiB    int32  `json:"memoryMiB"`
	Cores        int32  `json:"cores"`
}

// info is the row as EC2 would describe the type, as far as Karpenter looks.
func (row instanceType) info() ec2types.InstanceTypeInfo {
	limits, known := instancetype.Limits[row.Name]
	if !known {
		// One interface whose addresses are enough for that many pods.
		limits = &instancetype.VPCLimits{
			IPv4PerInterface: row.MaxPods - 1,
			NetworkCards:     []instancetype.NetworkCard{{MaximumNetworkInterfaces: 1}},
			Hypervisor:       string(ec2types.InstanceTypeHypervisorNitro),
		}
	}
	architecture := ec2types.ArchitectureTypeX8664
	if row.Architecture == karpv1.ArchitectureArm64 {
		architecture = ec2types.ArchitectureTypeArm64
	}
	cards := make([]ec2types.NetworkCardInfo, 0, len(limits.NetworkCards))
	for _, card := range limits.NetworkCards {
		cards = append(cards, ec2types.NetworkCardInfo{
			NetworkCardIndex:         aws.Int32(int32(card.NetworkCardIndex)),
			MaximumNetworkInterfaces: aws.Int32(int32(card.MaximumNetworkInterfaces)),
		})
	}
	info := ec2types.InstanceTypeInfo{
		InstanceType:          ec2types.InstanceType(row.Name),
		Hypervisor:            ec2types.InstanceTypeHypervisor(limits.Hypervisor),
		BareMetal:             aws.Bool(limits.IsBareMetal),
		SupportedUsageClasses: []ec2types.UsageClassType{ec2types.UsageClassTypeOnDemand, ec2types.UsageClassTypeSpot},
		VCpuInfo:              &ec2types.VCpuInfo{DefaultVCpus: aws.Int32(row.VCPU)},
		MemoryInfo:            &ec2types.MemoryInfo{SizeInMiB: aws.Int64(row.MemoryMiB)},
		ProcessorInfo:         &ec2types.ProcessorInfo{SupportedArchitectures: []ec2types.ArchitectureType{architecture}},
		NetworkInfo: &ec2types.NetworkInfo{
			DefaultNetworkCardIndex:   aws.Int32(int32(limits.DefaultNetworkCardIndex)),
			NetworkCards:              cards,
			Ipv4AddressesPerInterface: aws.Int32(int32(limits.IPv4PerInterface)),
		},
	}
	if row.EFA > 0 {
		info.NetworkInfo.EfaInfo = &ec2types.EfaInfo{MaximumEfaInterfaces: aws.Int32(row.EFA)}
	}
	if row.LocalNVMeGB > 0 {
		info.InstanceStorageInfo = &ec2types.InstanceStorageInfo{
			NvmeSupport:   ec2types.EphemeralNvmeSupportRequired,
			TotalSizeInGB: aws.Int64(row.LocalNVMeGB),
		}
	}
	if row.GPU != nil {
		info.GpuInfo = &ec2types.GpuInfo{Gpus: []ec2types.GpuDeviceInfo{{
			Name:         aws.String(row.GPU.Name),
			Manufacturer: aws.String(row.GPU.Manufacturer),
			Count:        aws.Int32(row.GPU.Count),
			MemoryInfo:   &ec2types.GpuDeviceMemoryInfo{SizeInMiB: aws.Int32(row.GPU.MemoryMiB)},
		}}}
	}
	if row.Neuron != nil {
		info.NeuronInfo = &ec2types.NeuronInfo{NeuronDevices: []ec2types.NeuronDeviceInfo{{
			Name:     aws.String(row.Neuron.Name),
			Count:    aws.Int32(row.Neuron.Count),
			CoreInfo: &ec2types.NeuronDeviceCoreInfo{Count: aws.Int32(row.Neuron.Cores)},
		}}}
	}
	if row.Accelerator != nil {
		info.InferenceAcceleratorInfo = &ec2types.InferenceAcceleratorInfo{Accelerators: []ec2types.InferenceDeviceInfo{{
			Name:         aws.String(row.Accelerator.Name),
			Manufacturer: aws.String(row.Accelerator.Manufacturer),
			Count:        aws.Int32(row.Accelerator.Count),
		}}}
	}
	return info
}

// provider is the kwok provider with instance types that depend on the EC2NodeClass.
type provider struct {
	kwok.CloudProvider

	client   client.Client
	table    table
	infos    []ec2types.InstanceTypeInfo
	resolver *instancetype.DefaultResolver
}

func newProvider(ctx context.Context, c client.Client, t table) *provider {
	infos := make([]ec2types.InstanceTypeInfo, 0, len(t.Instances))
	for _, row := range t.Instances {
		infos = append(infos, row.info())
	}
	return &provider{
		CloudProvider: *kwok.NewCloudProvider(ctx, c, nil),
		client:        c,
		table:         t,
		infos:         infos,
		resolver:      instancetype.NewDefaultResolver(t.Region),
	}
}

// GetInstanceTypes are all types of the table, as the NodePool's node class makes them.
func (p *provider) GetInstanceTypes(ctx context.Context, pool *karpv1.NodePool) ([]*cloudprovider.InstanceType, error) {
	return p.instanceTypes(ctx, pool.Spec.Template.Spec.NodeClassRef.Name)
}

func (p *provider) instanceTypes(ctx context.Context, class string) ([]*cloudprovider.InstanceType, error) {
	nodeClass := &awsv1.EC2NodeClass{}
	if err := p.client.Get(ctx, types.NamespacedName{Name: class}, nodeClass); err != nil {
		return nil, fmt.Errorf("getting the node class, %w", err)
	}
	found := make([]*cloudprovider.InstanceType, 0, len(p.infos))
	for index, info := range p.infos {
		instanceType := p.resolver.Resolve(ctx, info, p.table.Zones, nodeClass)
		instanceType.Offerings = p.offerings(instanceType, nodeClass, p.table.Instances[index].Price)
		found = append(found, instanceType)
	}
	return found, nil
}

// offerings has every zone and capacity type at one price; a reservation is as good as free.
func (p *provider) offerings(
	instanceType *cloudprovider.InstanceType, nodeClass *awsv1.EC2NodeClass, price float64,
) cloudprovider.Offerings {
	var found cloudprovider.Offerings
	zones := instanceType.Requirements.Get(corev1.LabelTopologyZone)
	for _, zone := range p.table.Zones {
		for _, capacityType := range []string{karpv1.CapacityTypeOnDemand, karpv1.CapacityTypeSpot} {
			found = append(found, &cloudprovider.Offering{
				Requirements: scheduling.NewRequirements(
					scheduling.NewRequirement(karpv1.CapacityTypeLabelKey, corev1.NodeSelectorOpIn, capacityType),
					scheduling.NewRequirement(corev1.LabelTopologyZone, corev1.NodeSelectorOpIn, zone),
					scheduling.NewRequirement(cloudprovider.ReservationIDLabel, corev1.NodeSelectorOpDoesNotExist),
				),
				Price:     price,
				Available: zones.Has(zone),
			})
		}
	}
	for _, reservation := range nodeClass.CapacityReservations() {
		if reservation.InstanceType != instanceType.Name {
			continue
		}
		found = append(found, &cloudprovider.Offering{
			Requirements: scheduling.NewRequirements(
				scheduling.NewRequirement(karpv1.CapacityTypeLabelKey, corev1.NodeSelectorOpIn, karpv1.CapacityTypeReserved),
				scheduling.NewRequirement(corev1.LabelTopologyZone, corev1.NodeSelectorOpIn, reservation.AvailabilityZone),
				scheduling.NewRequirement(cloudprovider.ReservationIDLabel, corev1.NodeSelectorOpIn, reservation.ID),
			),
			Price:               price / 1e6,
			Available:           zones.Has(reservation.AvailabilityZone),
			ReservationCapacity: 100,
		})
	}
	return found
}

// Create has the kwok provider launch a node. It looks for a node class of its own kind, which is made for it.
func (p *provider) Create(ctx context.Context, claim *karpv1.NodeClaim) (*karpv1.NodeClaim, error) {
	name := claim.Spec.NodeClassRef.Name
	own := &kwokv1alpha1.KWOKNodeClass{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := client.IgnoreAlreadyExists(p.client.Create(ctx, own)); err != nil {
		return nil, err
	}
	// The kwok provider reads through a cache, to which it comes a little later.
	if err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		err := p.client.Get(ctx, types.NamespacedName{Name: name}, &kwokv1alpha1.KWOKNodeClass{})
		return err == nil, client.IgnoreNotFound(err)
	}); err != nil {
		return nil, fmt.Errorf("waiting for node class %s, %w", name, err)
	}
	instanceTypes, err := p.instanceTypes(ctx, name)
	if err != nil {
		return nil, err
	}
	return kwok.NewCloudProvider(ctx, p.client, instanceTypes).Create(ctx, claim)
}

// GetSupportedNodeClasses is the kind to which the repository's NodePools refer.
func (p *provider) GetSupportedNodeClasses() []status.Object {
	return []status.Object{&awsv1.EC2NodeClass{}}
}

func readTable(path string) (table, error) {
	found := table{}
	text, err := os.ReadFile(path)
	if err != nil {
		return found, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	return found, decoder.Decode(&found)
}

// index has the manager's cache answer the questions that Karpenter's controllers ask by a field.
func index(ctx context.Context, manager controllerruntime.Manager) error {
	one := func(value string) []string { return []string{value} }
	class := func(reference *karpv1.NodeClassReference, field string) []string {
		return one(map[string]string{"group": reference.Group, "kind": reference.Kind, "name": reference.Name}[field])
	}
	indexes := []struct {
		object client.Object
		field  string
		value  client.IndexerFunc
	}{
		{&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string { return one(o.(*corev1.Pod).Spec.NodeName) }},
		{&corev1.Node{}, "spec.providerID", func(o client.Object) []string { return one(o.(*corev1.Node).Spec.ProviderID) }},
		{&storagev1.VolumeAttachment{}, "spec.nodeName", func(o client.Object) []string {
			return one(o.(*storagev1.VolumeAttachment).Spec.NodeName)
		}},
		{&karpv1.NodeClaim{}, "status.providerID", func(o client.Object) []string {
			return one(o.(*karpv1.NodeClaim).Status.ProviderID)
		}},
	}
	for _, each := range indexes {
		if err := manager.GetFieldIndexer().IndexField(ctx, each.object, each.field, each.value); err != nil {
			return err
		}
	}
	for _, field := range []string{"group", "kind", "name"} {
		if err := manager.GetFieldIndexer().IndexField(ctx, &karpv1.NodeClaim{}, "spec.nodeClassRef."+field,
			func(o client.Object) []string { return class(o.(*karpv1.NodeClaim).Spec.NodeClassRef, field) }); err != nil {
			return err
		}
		if err := manager.GetFieldIndexer().IndexField(ctx, &karpv1.NodePool{}, "spec.template.spec.nodeClassRef."+field,
			func(o client.Object) []string {
				return class(o.(*karpv1.NodePool).Spec.Template.Spec.NodeClassRef, field)
			}); err != nil {
			return err
		}
	}
	return nil
}

func run() error {
	ctx := injection.WithOptionsOrDie(controllerruntime.SetupSignalHandler(), options.Injectables...)
	// At any level above this lines with the same message are sampled, and each tells of another pod.
	logger := zap.New(zap.UseDevMode(false), zap.Level(zapcore.Level(-2)))
	log.SetLogger(logger)
	instances, err := readTable(os.Getenv("INSTANCE_TYPES"))
	if err != nil {
		return fmt.Errorf("reading INSTANCE_TYPES, %w", err)
	}
	config, err := controllerruntime.GetConfig()
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 300
	if err := apiextensionsv1.AddToScheme(scheme.Scheme); err != nil {
		return err
	}
	direct, err := client.New(config, client.Options{Scheme: scheme.Scheme})
	if err != nil {
		return err
	}
	for _, crd := range kwokapis.CRDs {
		if err := client.IgnoreAlreadyExists(direct.Create(ctx, crd.DeepCopy())); err != nil {
			return err
		}
	}
	manager, err := controllerruntime.NewManager(config, controllerruntime.Options{
		Scheme:                 scheme.Scheme,
		Logger:                 logger,
		Metrics:                server.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		BaseContext:            func() context.Context { return log.IntoContext(ctx, logger) },
	})
	if err != nil {
		return err
	}
	if err := index(ctx, manager); err != nil {
		return err
	}
	cloud := newProvider(ctx, manager.GetClient(), instances)
	// As Karpenter's operator for AWS does: the label by which the EBS CSI driver names zones.
	karpv1.NormalizedLabels["topology.ebs.csi.aws.com/zone"] = corev1.LabelTopologyZone
	// Every event tells a decision: none may be dropped.
	provisioning.PodNominationRateLimiter = flowcontrol.NewFakeAlwaysRateLimiter()
	recorder := events.NewRecorder(manager.GetEventRecorderFor("karpenter"))
	cluster := state.NewCluster(clock.RealClock{}, manager.GetClient(), cloud)
	for _, each := range controllers.NewControllers(
		ctx, manager, clock.RealClock{}, manager.GetClient(), recorder, cloud, cloud, cluster, nodeoverlay.NewInstanceTypeStore(),
	) {
		if err := each.Register(ctx, manager); err != nil {
			return err
		}
	}
	return manager.Start(ctx)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "karpenter:", err)
		os.Exit(1)
	}
}
